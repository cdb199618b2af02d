import fc from "fast-check";
import type { Intervention } from "../../../src/simulation/command.js";
import { batch, inputs, neurons, outputs, runOf, tasks } from "./steered.js";

const network = runOf().network;
const module = fc.constantFrom(...network.modules.keys());
const task = fc.constantFrom(...tasks);
const values = (length: number, size = 0.5) =>
  fc
    .array(fc.float({ min: -size, max: size, noNaN: true, noDefaultInfinity: true }), {
      minLength: length,
      maxLength: length,
    })
    .map((numbers) => Float32Array.from(numbers));
const seed = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
const kind = <Kind extends Intervention["kind"]>(name: Kind) => fc.constant(name);

const drive = module.chain((name) =>
  fc.constantFrom(null, ...(network.modules.get(name)?.blocks.keys() ?? [])).chain((block) => {
    const [start, end] = block === null ? [0, neurons] : network.modules.get(name)!.blocks.get(block)!;
    return fc.record({
      kind: kind("drive"),
      module: fc.constant(name),
      block: fc.constant(block),
      values: values(end - start),
      ticks: fc.integer({ min: 1, max: 12 }),
    });
  }),
);

/**
 * Any intervention that the small network takes; a stimulus is often not the one that its task waits for. Checkpoints
 * "begin" and "kept" have to be there.
 */
export const intervention: fc.Arbitrary<Intervention> = fc.oneof(
  fc.record({
    kind: kind("gate"),
    pathway: fc.constantFrom(...network.pathways.keys()),
    gate: fc.constantFrom(0, 0.5, 1),
  }),
  fc.record({ kind: kind("learningRate"), value: fc.constantFrom(0, 0.01, 0.1) }),
  fc.record({ kind: kind("beta"), value: fc.constantFrom(0, 0.5, 2) }),
  fc.record({ kind: kind("spectralRadius"), module, value: fc.constantFrom(0.1, 0.5, 1.1) }),
  fc.record({
    kind: kind("parameter"),
    task,
    name: fc.constant("contrast"),
    value: fc.constantFrom(0, 0.5, 3),
  }),
  fc.record({ kind: kind("noise"), module, deviation: fc.constantFrom(0, 0.01, 0.3) }),
  drive,
  fc.record({
    kind: kind("stimulus"),
    task,
    input: values(batch * inputs, 1),
    target: fc.option(values(batch * outputs, 1), { nil: null }),
    trial: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
  }),
  fc.record({
    kind: kind("outputError"),
    readout: fc.constantFrom(...network.readouts.keys()),
    error: values(batch * outputs),
  }),
  fc.record({
    kind: kind("lesion"),
    module,
    units: fc.uniqueArray(fc.integer({ min: 0, max: neurons - 1 }), { minLength: 1, maxLength: 6 }),
  }),
  fc.record({ kind: kind("reset"), what: fc.constantFrom("state", "weights", "both"), seed }),
  fc.record({ kind: kind("restore"), checkpoint: fc.constantFrom("begin", "kept") }),
);
