import { describe, expect, it } from "vitest";
import { errorPerturbedError, shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import type { LearningRule } from "../../src/model/learning-rule.js";
import { neededUnits } from "../../src/model/needed-units.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";

describe("needed units", () => {
  // blocks of a module of 16 units: RI [0, 4), SI [4, 8), RE [8, 12), SE [12, 16)
  const network = resolveNetwork(chain({ modules: 3, neurons: 16, inputs: 3, outputs: 2 }));
  const of = (rule: LearningRule, goesOn: boolean, module = "m2") =>
    neededUnits(network, rule, module, goesOn);

  it("are SI to answer; RI, SI and SE of z, and RI and SE of y, to learn", () => {
    expect(of(shortTrajectoryError, false)).toEqual({
      answering: [[4, 8]],
      inference: [
        [0, 8],
        [12, 16],
      ],
      learning: [
        [0, 4],
        [12, 16],
      ],
    });
    // nothing is below the first module: its SE sends nothing
    expect(of(shortTrajectoryError, false, "m1")).toEqual({
      answering: [[4, 8]],
      inference: [[0, 8]],
      learning: [[0, 4]],
    });
  });

  it("are all of a state from which the learning phase goes on", () => {
    expect(of(errorPerturbedError, true)).toMatchObject({ inference: null, answering: [[4, 8]] });
  });

  it("include what forward pathways carry while errors are on their way, where a rule lets them", () => {
    const [inference, learning] = shortTrajectoryError.phases;
    const live: LearningRule = {
      ...shortTrajectoryError,
      phases: [inference, { ...learning, forward: "state" }],
    };
    const contrastive: LearningRule = {
      ...shortTrajectoryError,
      gradient: [{ source: "learning", target: "learning", scale: 1 }],
    };
    for (const rule of [live, contrastive])
      expect(of(rule, false).learning).toEqual([
        [0, 8],
        [12, 16],
      ]);
  });

  it("are all for a rule whose error mixes units, but to answer", () => {
    const mixing: LearningRule = { ...shortTrajectoryError, mixesUnits: true };
    expect(of(mixing, false)).toEqual({ answering: [[4, 8]], inference: null, learning: null });
  });

  it("leave out the targets of pathways that do not learn", () => {
    const fixed = chain({ modules: 2, neurons: 16, inputs: 3, outputs: 2 });
    const network = resolveNetwork({
      ...fixed,
      forward: fixed.forward?.map((pathway) => ({ ...pathway, plastic: false })),
    });
    expect(neededUnits(network, shortTrajectoryError, "m1", false).learning).toEqual([]);
    expect(neededUnits(network, shortTrajectoryError, "m2", false).learning).toEqual([[12, 16]]);
  });
});
