import { describe, expect, it } from "vitest";
import { describeRun, resolveRun } from "../../src/simulation/run-description.js";
import { errorOf } from "../error-of.js";

const network = { preset: "chain", neurons: 16, inputs: 1024, outputs: 2, task: "gabor" } as const;
const stimuli = { gabor: { source: "gabor" } } as const;
const least = { network, stimuli };
const continuous = { ...least, schedule: { kind: "continuous" } };

describe("a run", () => {
  it("has the defaults of the papers", () => {
    const run = resolveRun(least);
    expect(run).toMatchObject({
      rule: "EPE",
      beta: 1,
      iterations: { inference: 8, learning: 8 },
      optimiser: { kind: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      batch: 500,
      seed: 1,
      tickMs: 1,
      schedule: { kind: "phased", epochs: 10, tasks: "simultaneous" },
    });
    expect(run.stimuli.gabor).toEqual({
      source: "gabor",
      noise: 0.2,
      angle: 6,
      jitter: 0.5,
      testImages: 400,
    });
    const module = run.network.modules.get("m1");
    expect(module).toMatchObject({ connectionRate: 0.25, spectralRadius: 0.25, activation: "tanh" });
    expect(
      resolveRun({ ...least, network: { ...network, neurons: undefined } }).network.modules.get("m1"),
    ).toMatchObject({ neurons: 1024 });
    expect(resolveRun(continuous).schedule).toMatchObject({
      kind: "continuous",
      forward: "held",
      ticks: { inference: 12, learning: 10 },
      clocks: {},
    });
  });

  it("fills in what a part of a group leaves out", () => {
    const run = resolveRun({ ...least, iterations: { learning: 3 }, optimiser: { kind: "sgd" } });
    expect(run.iterations).toEqual({ inference: 8, learning: 3 });
    expect(run.optimiser).toEqual({ kind: "sgd", learningRate: 1e-3 });
    expect(run.propagation).toBeUndefined();
    const eventDriven = resolveRun({ ...least, propagation: {}, iterations: { tolerance: 1e-3 } });
    expect(eventDriven.propagation).toEqual({ epsilon: 1e-3, fullEvery: 1000 });
    expect(eventDriven.iterations).toEqual({ inference: 8, learning: 8, tolerance: 1e-3 });
  });

  it("refuses an epsilon, a distance of full products and a tolerance that are none", () => {
    const refusalOf = (fields: object) => errorOf(() => resolveRun({ ...least, ...fields })).message;
    expect(refusalOf({ propagation: { epsilon: -1 } })).toMatch(/^run\.propagation\.epsilon: given -1/);
    expect(refusalOf({ propagation: { fullEvery: 0 } })).toMatch(/^run\.propagation\.fullEvery: given 0/);
    expect(refusalOf({ iterations: { tolerance: -0.1 } })).toMatch(
      /^run\.iterations\.tolerance: given -0\.1/,
    );
  });

  it("refuses a tolerance where phases have fixed ticks", () => {
    const { code, message } = errorOf(() => resolveRun({ ...continuous, iterations: { tolerance: 1e-3 } }));
    expect(code).toBe("INVALID_DESCRIPTION");
    expect(message).toMatch(
      /^run\.iterations\.tolerance: given 0\.001, needed none: in continuous operation/,
    );
  });

  it("described as JSON and read again is the same run", () => {
    for (const value of [least, continuous, { ...least, seed: 7, beta: 0.5, optimiser: { kind: "sgd" } }]) {
      const run = resolveRun(value);
      const json = JSON.parse(JSON.stringify(describeRun(run)));
      expect(resolveRun(json)).toEqual(run);
    }
  });

  it("takes stimuli of the caller's own for the tasks that the caller names", () => {
    expect(resolveRun({ network }, new Set(["gabor"])).stimuli).toEqual({});
    expect(errorOf(() => resolveRun({ network }, new Set(["other"]))).message).toMatch(/^stimuli\.gabor: /);
  });
});

describe("a run is refused, with the field, what was given and what is needed", () => {
  const m1 = { neurons: 16 };
  const own = (change: object) => ({
    stimuli,
    network: {
      modules: { m1 },
      inputs: { x: 1024 },
      forward: [{ source: "x", target: "m1.RI" }],
      errorPathways: [{ source: "error(out)", target: "m1.RE" }],
      readouts: { out: { size: 2, sources: ["m1.SI"] } },
      tasks: { gabor: { input: "x", readout: "out" } },
      ...change,
    },
  });

  it("but not a good one", () => {
    expect(resolveRun(own({})).network.pathways.size).toBe(3);
  });

  it.each<[what: string, value: unknown, field: RegExp, text: RegExp]>([
    ["no object", 5, /^run: /, /given 5, needed an object/],
    ["null", null, /^run: /, /given null/],
    ["an unknown field", { ...least, epochs: 3 }, /^run: /, /unknown field "epochs"; allowed: .*schedule/],
    ["no network", { stimuli }, /^network: /, /given nothing.*preset/],
    ["an unknown rule", { ...least, rule: "SGD" }, /^run\.rule: /, /"SGD".*"STE".*"EPE".*"BP".*"FA"/],
    [
      "backpropagation over random errors",
      { ...least, rule: "BP" },
      /^run\.rule: /,
      /"BP".*error\(out\)->m2.*"FA".*transposed/,
    ],
    ["backpropagation in continuous operation", { ...continuous, rule: "FA" }, /^run\.rule: /, /"FA".*EPE/],
    [
      "the derivative twice",
      { ...least, rule: "FA", derivative: true },
      /^run\.derivative: /,
      /given true.*FA.*STE and EPE/,
    ],
    ["a batch of 0", { ...least, batch: 0 }, /^run\.batch: /, /given 0/],
    ["half a batch", { ...least, batch: 1.5 }, /^run\.batch: /, /given 1\.5.*whole/],
    ["a negative beta", { ...least, beta: -1 }, /^run\.beta: /, /given -1/],
    ["a negative seed", { ...least, seed: -1 }, /^run\.seed: /, /given -1/],
    ["a tick of no time", { ...least, tickMs: 0 }, /^run\.tickMs: /, /given 0/],
    ["an unknown optimiser", { ...least, optimiser: { kind: "rms" } }, /^run\.optimiser/, /"adam".*"sgd"/],
    [
      "adam's rate for sgd",
      { ...least, optimiser: { kind: "sgd", beta1: 0.9 } },
      /^run\.optimiser/,
      /unknown field "beta1"/,
    ],
    [
      "an unknown schedule",
      { ...least, schedule: { kind: "live" } },
      /^run\.schedule/,
      /"phased".*"continuous"/,
    ],
    [
      "epochs of continuous operation",
      { ...least, schedule: { kind: "continuous", epochs: 3 } },
      /^run\.schedule/,
      /unknown field "epochs"/,
    ],
    [
      "no ticks",
      { ...least, schedule: { kind: "continuous", ticks: { inference: 0 } } },
      /^run\.schedule\.ticks\.inference: /,
      /given 0/,
    ],
    [
      "a clock of no task",
      { ...least, schedule: { kind: "continuous", clocks: { mnist: {} } } },
      /^run\.schedule\.clocks: /,
      /"mnist".*gabor/,
    ],
    ["STE in continuous operation", { ...continuous, rule: "STE" }, /^run\.rule: /, /"STE".*EPE/],
    [
      "stimuli of no task",
      { ...least, stimuli: { ...stimuli, mnist: { source: "mnist" } } },
      /^stimuli: /,
      /"mnist".*gabor/,
    ],
    ["a task without stimuli", { network }, /^stimuli\.gabor: /, /"source"/],
    [
      "an unknown source",
      { ...least, stimuli: { gabor: { source: "imagenet" } } },
      /^run\.stimuli\.gabor/,
      /gabor.*mnist/,
    ],
    [
      "another source's option",
      { ...least, stimuli: { gabor: { source: "mnist", noise: 1 } } },
      /^run\.stimuli\.gabor/,
      /unknown field "noise"/,
    ],
    [
      "an unknown preset",
      { ...least, network: { preset: "ring" } },
      /^network\.preset: /,
      /"ring".*chain.*shared-feedback/,
    ],
    [
      "a preset's unknown option",
      { ...least, network: { ...network, layers: 3 } },
      /^network: /,
      /unknown field "layers"/,
    ],
    [
      "a module too small",
      { ...least, network: { ...network, neurons: 2 } },
      /^network\.neurons: /,
      /given 2/,
    ],
    [
      "SR 0",
      own({ modules: { m1: { ...m1, spectralRadius: 0 } } }),
      /^network\.modules\.m1\.spectralRadius: /,
      /given 0.*> 0/,
    ],
    [
      "SR < 0",
      { ...least, network: { ...network, spectralRadius: -0.5 } },
      /^network\.spectralRadius: /,
      /given -0\.5.*> 0/,
    ],
    [
      "CR < 0",
      own({ modules: { m1: { ...m1, connectionRate: -1 } } }),
      /^network\.modules\.m1\.connectionRate: /,
      /given -1.*\[0, 1\]/,
    ],
    [
      "CR > 1",
      { ...least, network: { ...network, connectionRate: 1.01 } },
      /^network\.connectionRate: /,
      /given 1\.01.*\[0, 1\]/,
    ],
    [
      "a block outside its module",
      own({ modules: { m1: { ...m1, blocks: { RI: [0, 4], SI: [4, 17] } } } }),
      /^network\.modules\.m1\.blocks\.SI: /,
      /\[4,17\].*16 neurons/,
    ],
    [
      "a pathway to nowhere",
      own({ forward: [{ source: "x", target: "m2.RI" }] }),
      /^network\.forward\.0\.target: /,
      /"m2\.RI".*m1\.RI/,
    ],
    [
      "a pathway from nowhere",
      own({ forward: [{ source: "y", target: "m1.RI" }] }),
      /^network\.forward\.0\.source: /,
      /"y".*"x"/,
    ],
    [
      "an error from nowhere",
      own({ errorPathways: [{ source: "error(up)", target: "m1.RE" }] }),
      /^network\.errorPathways\.0\.source: /,
      /"error\(up\)".*out/,
    ],
    [
      "a task of no input",
      own({ tasks: { gabor: { input: "y", readout: "out" } } }),
      /^network\.tasks\.gabor\.input: /,
      /"y".*"x"/,
    ],
    ["no task", { network: own({ tasks: {} }).network }, /^network\.tasks: /, /one task or more/],
  ])("%s", (_what, value, field, text) => {
    const error = errorOf(() => resolveRun(value));
    expect(error.code).toBe("INVALID_DESCRIPTION");
    expect(error.message).toMatch(field);
    expect(error.message).toMatch(text);
  });
});
