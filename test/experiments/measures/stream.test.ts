import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stream } from "../../../src/experiments/measures/stream.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { endedAfter, measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const batch = 10;
const clocks = { mnist: { inference: 6, learning: 4 }, "fashion-mnist": { inference: 9, learning: 6 } };
const twoTasks: RunInput = {
  network: { preset: "shared-feedback", neurons: 192 },
  batch,
  optimiser: { kind: "adam", learningRate: 0.005 },
  schedule: { kind: "continuous", settling: 6, clocks },
  stimuli: { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } },
};

describe("a stream of two tasks", () => {
  it("learns both at once by clocks of their own, which the test set shows as well", async () => {
    const { rows, shares, live } = await measured(stream, twoTasks, { trials: 90, window: 30 }, folder);
    for (const [task, length] of [
      ["mnist", 230],
      ["fashion-mnist", 170],
    ] as const) {
      const windows = rows.filter((row) => row.task === task);
      expect(windows.length).toBeGreaterThanOrEqual(3);
      expect(windows.map(({ trial }) => trial)).toEqual(windows.map((_, i) => 30 * (i + 1)));
      for (const { trial, stimuli, epoch } of windows) {
        expect(stimuli).toBe(Number(trial) * batch);
        expect(epoch).toBeCloseTo(Number(stimuli) / length, 12);
      }
      const [first, last] = [windows[0], windows[windows.length - 1]];
      expect(Number(last.onlineLoss), task).toBeLessThan(Number(first.onlineLoss));
      expect(Number(last.testLoss), task).toBeLessThan(Number(first.testLoss));
    }
    // of ten classes
    expect(Number(rows.findLast(({ task }) => task === "mnist")?.testAccuracy)).toBeGreaterThan(50);
    const ticks = (task: string) => Number(rows.find((row) => row.task === task)?.tick);
    expect(ticks("mnist")).toBeLessThan(ticks("fashion-mnist"));
    expect(shares.every((share, i) => share <= 1 && share >= (shares[i - 1] ?? 0))).toBe(true);
    expect(shares.at(-1)).toBe(1);
    expect(live).toBe(0);
  });

  it("learns the same whether or not it is tested on the way", async () => {
    const [often, once] = await Promise.all(
      [1, 6].map((window) => measured(stream, twoTasks, { trials: 6, window }, folder)),
    );
    const last = (rows: typeof often.rows) =>
      rows.filter(({ trial }) => trial === 6).map((row) => row.testLoss);
    expect(last(often.rows)).toEqual(last(once.rows));
    expect(last(once.rows).length).toBe(2);
  });

  it("goes on from an interruption as if there had been none", async () => {
    const options = { trials: 5, window: 2 };
    const whole = await measured(stream, twoTasks, options, folder);
    const partial = join(temporaryFolder(), "partial");
    for (const trials of [3, 4]) await endedAfter(trials, stream, twoTasks, options, partial, folder);
    const rest = await measured(stream, twoTasks, options, folder, undefined, { partial });
    const withoutTime = ({ rows }: typeof rest) => rows.map(({ seconds: _, ...row }) => row);
    expect(withoutTime(rest)).toEqual(withoutTime(whole));
    expect(rest.shares.length).toBe(whole.shares.length - 3 - 4);
    expect(rest.live).toBe(0);
  });

  it("ends with the signal's reason", async () => {
    const abort = new AbortController();
    abort.abort(new Error("enough"));
    await expect(measured(stream, twoTasks, {}, folder, abort.signal)).rejects.toThrow("enough");
  });
});

describe("a stream of one stimulus at a time", () => {
  it("has no epochs where stimuli never end", async () => {
    const { rows, live } = await measured(
      stream,
      {
        network: { preset: "chain", neurons: 32, inputs: 1024, outputs: 2, task: "gabor" },
        batch: 1,
        schedule: { kind: "continuous", ticks: { inference: 4, learning: 3 } },
        stimuli: { gabor: { source: "gabor", testImages: 3 } },
      },
      { trials: 4, window: 2 },
    );
    expect(rows.map(({ task, tick, trial, epoch }) => [task, tick, trial, epoch])).toEqual([
      ["gabor", 4 + 7, 2, null],
      ["gabor", 4 + 3 * 7, 4, null],
    ]);
    expect(live).toBe(0);
  });
});
