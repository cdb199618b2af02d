import fc from "fast-check";
import type { Intervention } from "../../src/simulation/command.js";

const module = fc.constantFrom("m1", "m2");
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const values = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length, noNaN: true, min: -1, max: 1 });

/** Interventions that a chain of two modules allows. @param sizes of a module, and of a batch of outputs */
export const intervention = (neurons: number, outputs: number): fc.Arbitrary<Intervention> =>
  fc.oneof(
    fc.record({
      kind: fc.constant("gate" as const),
      pathway: fc.constantFrom("m1->m2", "error(m2)->m1"),
      gate: number(0, 1),
    }),
    fc.record({ kind: fc.constant("learningRate" as const), value: number(0, 0.1) }),
    fc.record({ kind: fc.constant("beta" as const), value: number(0, 2) }),
    fc.record({ kind: fc.constant("spectralRadius" as const), module, value: number(0.1, 0.9) }),
    fc.record({ kind: fc.constant("noise" as const), module, deviation: number(0, 0.2) }),
    fc.record({
      kind: fc.constant("parameter" as const),
      task: fc.constant("gabor"),
      name: fc.constant("noise"),
      value: number(0, 2),
    }),
    fc.record({
      kind: fc.constant("drive" as const),
      module,
      block: fc.constant(null),
      values: values(neurons),
      ticks: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({
      kind: fc.constant("outputError" as const),
      readout: fc.constant("out"),
      error: values(outputs),
    }),
    fc.record({
      kind: fc.constant("lesion" as const),
      module,
      units: fc.uniqueArray(fc.nat({ max: neurons - 1 }), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("reset" as const),
      what: fc.constantFrom("state" as const, "weights" as const, "both" as const),
      seed: fc.option(fc.nat({ max: 1000 })),
    }),
  );
