import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Form, forms } from "../../../src/kernels/simd/commands.js";
import type { Content, Contents } from "../../../src/kernels/simd/content.js";
import { RecurrentForm } from "../../../src/kernels/simd/recurrent-form.js";
import { settle } from "../../../src/kernels/simd/settle.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { random } from "../../../src/model/random.js";
import { roughRecurrentWeights } from "../../../src/model/recurrent-weights.js";
import { activations, type SettleCase } from "../../arbitraries/kernel-cases.js";
import { openContents, variants } from "./engines.js";
import { densities, largeSettle } from "./large-cases.js";

function upload(contents: Contents, data: Float32Array, shape: readonly number[]): Content {
  const content = contents.inRows(shape);
  contents.numbersOf(content).set(data);
  return content;
}

/** The state that a settling of one row ends in when its matrix has this form. */
function settledBy(contents: Contents, form: Form, given: SettleCase): Uint32Array {
  const { neurons, activation, iterations } = given;
  const matrix = new RecurrentForm(
    contents.arena,
    contents.engine.lanes,
    sparseWeights(given.matrix, neurons),
  );
  matrix.make(form, matrix.columns());
  matrix.rowForm = form;
  const bias = given.bias && upload(contents, given.bias, [neurons]);
  const from = given.from && upload(contents, given.from, [1, neurons]);
  const drive = upload(contents, given.drive, [1, neurons]);
  const factors = { gain: given.gain ?? 1, timeStep: given.timeStep ?? 1 };
  const plain = { ...factors, changes: null, tolerance: null, report: false, needed: null };
  const request = { batch: 1, matrix, bias, from, drive, activation, iterations, ...plain };
  const [{ state }] = settle(contents, () => {}, [request]);
  const result = contents.numbersOf(state).slice();
  for (const content of [bias, from, drive, state]) if (content) contents.free(content);
  matrix.free();
  return new Uint32Array(result.buffer);
}

describe.each(variants)("forms of a recurrent matrix in %s", (variant) => {
  const contents = openContents(variant);
  const here = (Object.keys(forms) as Form[]).filter((form) => form !== "slots" || contents.engine.slots);

  const expectSame = (given: SettleCase): void => {
    const expected = settledBy(contents, "lists", given);
    for (const form of here) expect(settledBy(contents, form, given), form).toEqual(expected);
  };

  it(`${here.join(", ")} give one row the same bits`, () =>
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          neurons: fc.integer({ min: 1, max: 400 }),
          density: fc.oneof(fc.constantFrom(...densities), fc.double({ min: 0, max: 0.05, noNaN: true })),
          fromZero: fc.boolean(),
        }),
        ({ seed, ...sizes }) => expectSame(largeSettle(seed, { ...sizes, batch: 1, demand: "state" })),
      ),
      { numRuns: 40 },
    ));

  it("where units have no source, many, or zeros of either sign", () => {
    const neurons = 333;
    const source = random(3, "uneven columns");
    const share = Float32Array.from({ length: neurons }, (_, to) =>
      to % 5 === 0 ? 0 : source.uniform(0, 1),
    );
    const matrix = Float32Array.from({ length: neurons * neurons }, (_, at) =>
      source.uniform(0, 1) < share[at % neurons] ? source.uniform(-0.1, 0.1) : at % 2 === 0 ? 0 : -0,
    );
    const zeros = Float32Array.from({ length: neurons }, (_, unit) => [0, -0, -1, 1][unit % 4]);
    for (const activation of activations) {
      for (const from of [null, zeros]) {
        const drive = Float32Array.from({ length: neurons }, () => -0);
        expectSame({
          batch: 1,
          neurons,
          matrix,
          gain: null,
          timeStep: null,
          bias: null,
          activation,
          from,
          drive,
          iterations: 3,
          tolerance: null,
          report: false,
          needed: null,
          changes: null,
        });
      }
    }
  });

  it("take at most 8 bytes a connection of 4,096 neurons with 64 each", () => {
    const neurons = 4096;
    const options = { neurons, connectionRate: 64 / neurons, spectralRadius: 0.25 };
    const weights = roughRecurrentWeights(options, random(1, "bytes"));
    const matrix = new RecurrentForm(contents.arena, contents.engine.lanes, weights);
    expect(matrix.bytes / weights.values.length).toBeLessThanOrEqual(8);
    expect(matrix.weights()).toEqual(weights);
    matrix.free();
  });

  it("leave no memory behind", () => {
    const given = largeSettle(5, { neurons: 300, density: 0.22, batch: 1, demand: "state", fromZero: false });
    for (const form of here) settledBy(contents, form, given);
    const { bytes } = contents.arena;
    for (let round = 0; round < 50; round++) for (const form of here) settledBy(contents, form, given);
    expect(contents.arena.bytes).toBe(bytes);
  });
});
