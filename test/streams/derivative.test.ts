import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { ruleOf } from "../../src/model/learning-rules.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { openBackends } from "../kernels/open-backends.js";
import { type Numbers, numbersOf, runContinuous, runPhased } from "./run-network.js";

const sizes = { modules: 2, neurons: 12, inputs: 5, outputs: 3, connectionRate: 1 };
const rows = 4;
const learningRate = 0.1;

/** f' by the state f(u). */
const slopes = {
  tanh: (state: number) => 1 - state * state,
  sigmoid: (state: number) => state * (1 - state),
  relu: (state: number) => (state > 0 ? 1 : 0),
};
type Smooth = keyof typeof slopes;

/** What one trial leaves, and the weights before it. */
async function learned(kernels: Kernels, rule: "STE" | "EPE", activation: Smooth, derivative: boolean) {
  const network = resolveNetwork(chain({ ...sizes, activation }));
  const optimiser = { kind: "sgd", learningRate } as const;
  const phased = runPhased(network, {
    seed: 5,
    batch: rows,
    rule: ruleOf({ rule, derivative }),
    optimiser,
    kernels,
  });
  const trial = phased.trial(0);
  phased.learn(trial);
  const numbers = await numbersOf(kernels, phased.state);
  phased.close();
  expect(kernels.live(), "handles left").toBe(0);
  return { numbers, x: trial.inputs.get("x") as Float32Array, before: initialWeights(network, 5).dense };
}

const column = (numbers: Numbers, name: string, row: number, unit: number): number =>
  numbers[name][row * sizes.neurons + unit];

/** `w - rate z^T (e f'(z)) / batch`, of the pathways into RI (units 0 to 2) of both modules. */
function expected(
  { numbers, x, before }: Awaited<ReturnType<typeof learned>>,
  slope: (state: number) => number,
) {
  const [from, to] = [3, 3];
  const step = (module: string, source: (row: number, i: number) => number, i: number, j: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const z = column(numbers, `held ${module}`, row, j);
      sum += source(row, i) * column(numbers, `errors ${module}`, row, j) * slope(z);
    }
    return (learningRate * sum) / rows;
  };
  const si = (row: number, i: number) => column(numbers, "held m1", row, from + i);
  const input = (row: number, i: number) => x[row * sizes.inputs + i];
  const matrix = (name: string, module: string, source: typeof si) =>
    Array.from(before.get(name) ?? [], (w, at) => w - step(module, source, Math.floor(at / to), at % to));
  return { "x->m1": matrix("x->m1", "m1", input), "m1->m2": matrix("m1->m2", "m2", si) };
}

describe.each(openBackends)("updates that keep the derivative on %s", (backend) => {
  it.each([
    ["STE", "tanh"],
    ["EPE", "sigmoid"],
    ["EPE", "relu"],
  ] as const)("are z^T (e f'(u)) / batch: %s of %s", async (rule, activation) => {
    const kernels = await openKernels(backend);
    const left = await learned(kernels, rule, activation, true);
    for (const [name, wanted] of Object.entries(expected(left, slopes[activation]))) {
      const given = left.numbers[`weights ${name}`];
      expect(given.length).toBe(wanted.length);
      wanted.forEach((value, i) => {
        expect(given[i], `${name}[${i}]`).toBeCloseTo(value, 5);
      });
    }
    kernels.close();
  });
});

describe("errors", () => {
  it("travel without the derivative, and the readout learns without it", async () => {
    const kernels = referenceKernels();
    const kept = (await learned(kernels, "STE", "tanh", true)).numbers;
    const without = (await learned(kernels, "STE", "tanh", false)).numbers;
    for (const name of ["errors m1", "errors m2", "outputErrors out", "weights m2->out"])
      expect(kept[name], name).toEqual(without[name]);
    for (const name of ["weights x->m1", "weights m1->m2"])
      expect(kept[name], name).not.toEqual(without[name]);
  });
});

describe("continuous operation with the derivative", () => {
  it("learns, and leaves no handles", async () => {
    const weightsOf = async (derivative: boolean) => {
      const kernels = referenceKernels();
      const rule = ruleOf({ rule: "EPE", derivative });
      const running = runContinuous(resolveNetwork(chain(sizes)), { seed: 2, kernels, rule });
      for (let tick = 0; tick < 6; tick++) running.tick();
      const live = kernels.live();
      for (let tick = 0; tick < 30; tick++) running.tick();
      expect(kernels.live()).toBe(live);
      const numbers = await numbersOf(kernels, running.state);
      running.close();
      expect(kernels.live()).toBe(0);
      return numbers["weights m1->m2"];
    };
    expect(await weightsOf(true)).not.toEqual(await weightsOf(false));
  });
});
