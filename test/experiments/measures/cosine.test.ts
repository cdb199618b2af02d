import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cosine } from "../../../src/experiments/measures/cosine.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { endedAfter, type Measured, measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const twoTasks = (preset: "shared-feedback" | "recruitment"): RunInput => ({
  network: { preset, neurons: 48 },
  batch: 40,
  schedule: { kind: "phased", epochs: 1, tasks: "simultaneous" },
  stimuli: { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } },
});

/** Cosines of something, batch by batch. */
const of = ({ rows }: Measured, name: string) =>
  rows.filter((row) => row.of === name).map((row) => Number(row.cosine));

/** Lines a batch: three readings of an error, one of an update. */
const readings = (name: string) => (name.includes("->") ? 1 : 3);

describe("a task's errors and updates with and without another task", () => {
  it("are the same to the bit where nothing of the other task arrives, and alike where it does", async () => {
    const found = await measured(cosine, twoTasks("shared-feedback"), {}, folder);
    // 230 images of the longer task
    const batches = 6;
    for (const name of ["m2", "out1", "m1->m2", "m2->out1"])
      expect(of(found, name), name).toEqual(Array.from({ length: batches * readings(name) }, () => 1));
    for (const name of ["m4", "m3", "m1", "x1->m1"]) {
      expect(of(found, name).length, name).toBe(batches * readings(name));
      expect(Math.max(...of(found, name)), name).toBeLessThan(1 - 1e-6);
      expect(Math.min(...of(found, name)), name).toBeGreaterThan(0.2);
    }
    expect(new Set(found.rows.map((row) => row.of)).size).toBe(8);
    expect(found.live).toBe(0);
  });

  it("differ everywhere where the task recruits the other's modules", async () => {
    const found = await measured(cosine, twoTasks("recruitment"), {}, folder);
    for (const name of ["m1", "m2", "m3", "m4", "x1->m1", "m1->m3", "m4->out1"])
      expect(Math.max(...of(found, name)), name).toBeLessThan(1 - 1e-9);
    expect(of(found, "m3->m4")).toEqual([]);
  });

  it("are of one task of one's choice: nothing of the first one's stimuli reaches the second's answer", async () => {
    const found = await measured(cosine, twoTasks("shared-feedback"), { task: "mnist" }, folder);
    for (const cosineOf of of(found, "out2")) expect(cosineOf).toBe(1);
    expect(Math.max(...of(found, "m4"))).toBeLessThan(1 - 1e-6);
    expect(of(found, "m2")).toEqual([]);
  });

  it("are of the same training whether or not it is asked in every batch", async () => {
    const [all, some] = await Promise.all(
      [1, 4].map((every) => measured(cosine, twoTasks("shared-feedback"), { every }, folder)),
    );
    expect(some.rows.length).toBeGreaterThan(0);
    expect(some.rows).toEqual(all.rows.filter(({ batch }) => batch === 1 || batch === 5));
  });

  it("go on from an interruption as if there had been none", async () => {
    const run = twoTasks("shared-feedback");
    const whole = await measured(cosine, run, {}, folder);
    const partial = join(temporaryFolder(), "partial");
    await endedAfter(1, cosine, run, {}, partial, folder);
    const rest = await measured(cosine, run, {}, folder, undefined, { partial });
    expect(rest.rows).toEqual(whole.rows);
    expect(rest.shares.length).toBe(whole.shares.length - 1);
    expect(rest.live).toBe(0);
  });

  it.each([
    [{ task: "mnits" }, {}, /^measure\.task: given "mnits", needed a task of the network: "fashion-mnist"/],
    [
      {},
      { schedule: { kind: "phased", tasks: "alternating" } as const },
      /^run\.schedule: given .*simultaneous/,
    ],
  ])("refuse %j %j", async (options, changed, message) => {
    const run = { ...twoTasks("shared-feedback"), ...changed };
    await expect(measured(cosine, run, options, folder)).rejects.toThrow(message);
  });
});
