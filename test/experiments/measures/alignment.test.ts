import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alignment } from "../../../src/experiments/measures/alignment.js";
import { chain as describeChain } from "../../../src/model/presets.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { rejectionOf } from "../../error-of.js";
import { imageRun, twoTaskRun, writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { endedAfter, measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const chain = (settings: RunInput | Partial<RunInput>): RunInput => ({
  ...imageRun,
  network: { preset: "chain", neurons: 32, spectralRadius: 0.5, task: "mnist" },
  ...settings,
});

describe("alignment with the true gradient", () => {
  it("is perfect for backpropagation, which is the true gradient", async () => {
    const network = { preset: "feedforward", modules: 2, neurons: 12, task: "mnist" } as const;
    const { rows, live } = await measured(
      alignment,
      chain({ rule: "BP", network: { ...network, feedback: "transposed" } }),
      { epochs: [0, 1] },
      folder,
    );
    expect(rows.map(({ trained, pathway }) => [trained, pathway])).toEqual(
      [0, 1].flatMap((trained) => ["x->m1", "m1->m2", "m2->out", "all"].map((pathway) => [trained, pathway])),
    );
    for (const { cosine, ratio } of rows) {
      expect(cosine).toBeCloseTo(1, 6);
      expect(ratio).toBeCloseTo(1, 5);
    }
    expect(live).toBe(0);
  });

  it("is perfect at the readout with adjoint propagation, and anything elsewhere as drawn", async () => {
    const { rows } = await measured(alignment, chain({}), { epochs: [0] }, folder);
    const angle = (wanted: string) => Number(rows.find(({ pathway }) => pathway === wanted)?.angle);
    expect(angle("m2->out")).toBeLessThan(1e-3);
    for (const pathway of ["x->m1", "m1->m2"]) {
      expect(angle(pathway)).toBeGreaterThan(30);
      expect(angle(pathway)).toBeLessThan(150);
    }
  });

  it("sees the same training whether or not it looked before", async () => {
    const given = [{ epochs: [1, 0, 1] }, { epochs: [1] }];
    const [often, once] = await Promise.all(
      given.map((options) => measured(alignment, chain({}), options, folder)),
    );
    expect(often.rows.filter(({ trained }) => trained === 1)).toEqual(once.rows);
  });

  it.each([2, 7])("goes on from an interruption in batch %d as if there had been none", async (batch) => {
    const options = { epochs: [0, 1, 2] };
    const whole = await measured(alignment, chain({}), options, folder);
    const partial = join(temporaryFolder(), "cell");
    await endedAfter(batch, alignment, chain({}), options, partial, folder);
    const rest = await measured(alignment, chain({}), options, folder, undefined, { partial });
    expect(rest.rows).toEqual(whole.rows);
    expect(rest.shares.length).toBe(whole.shares.length - batch);
    expect(rest.live).toBe(0);
  });

  it("is in continuous operation, held, what it is in trials, once all has settled", async () => {
    const trials = chain({ rule: "EPE", iterations: { inference: 40, learning: 40 } });
    const phases = { inference: 100, learning: 100 };
    const [phased, held, live] = await Promise.all(
      [
        trials,
        { ...trials, schedule: { kind: "continuous", forward: "held", ticks: phases } as const },
        { ...trials, schedule: { kind: "continuous", forward: "live", ticks: phases } as const },
      ].map((run) => measured(alignment, run, { epochs: [0] }, folder)),
    );
    const cosines = ({ rows }: typeof phased) => rows.map(({ cosine }) => Number(cosine));
    cosines(held).forEach((cosine, i) => {
      expect(cosine).toBeCloseTo(cosines(phased)[i], 3);
    });
    const difference = cosines(live).map((cosine, i) => Math.abs(cosine - cosines(phased)[i]));
    expect(Math.max(...difference)).toBeGreaterThan(1e-3);
  });

  it("tells tasks one by one", async () => {
    const { rows, live } = await measured(alignment, twoTaskRun, { epochs: [0] }, folder);
    const pathways = (wanted: string) =>
      rows.flatMap(({ task, pathway }) => (task === wanted ? [pathway] : []));
    expect(pathways("mnist")).toEqual(["x2->m1", "m1->m2 2", "m2->out2", "all"]);
    expect(pathways("fashion-mnist")).toEqual(["x1->m1", "m1->m2 1", "m2->out1", "all"]);
    expect(live).toBe(0);
  });

  const described = describeChain({ neurons: 32, task: "mnist" });
  const slow = Object.entries(described.modules).map(([name, module]) => [
    name,
    { ...module, timeStep: 0.5 },
  ]);
  it.each<[Partial<RunInput>, RegExp]>([
    [
      { iterations: { inference: 8, learning: 8, tolerance: 1e-3 } },
      /^run\.iterations\.tolerance: given 0.001, needed nothing/,
    ],
    [
      { network: { ...described, modules: Object.fromEntries(slow) } },
      /^network\.modules\.m1\.timeStep: given 0.5, needed 1/,
    ],
    [
      { rule: "EP", network: { preset: "equilibrium", neurons: 16, task: "mnist" } },
      /^run\.rule: given "EP", needed a rule by which modules settle one after the other/,
    ],
  ])("refuses what does not settle module after module in whole iterations: %j", async (changed, wanted) => {
    const { code, message } = await rejectionOf(measured(alignment, chain(changed), {}, folder));
    expect(code).toBe("INVALID_DESCRIPTION");
    expect(message).toMatch(wanted);
  });
});
