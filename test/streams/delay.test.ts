import fc from "fast-check";
import { NEVER } from "rxjs";
import { describe, expect, it } from "vitest";
import { biasName, recurrentName } from "../../src/model/network.js";
import { random } from "../../src/model/random.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { fromStream } from "../../src/streams/stimulus-door.js";
import { seeded } from "../arbitraries/seeded.js";
import { fromNames } from "../weights-by-name.js";
import { runContinuous } from "./run-network.js";

const units = 2;
const delay = fc.integer({ min: 1, max: 6 });
const identity = Float32Array.of(1, 0, 0, 1);

/** A chain of modules that only pass on what they get, so that each state tells what was published when. */
function relay(delays: {
  readonly input: number;
  readonly forward: number;
  readonly error: number;
  readonly read?: number;
}) {
  const module = {
    neurons: 2 * units,
    activation: "linear" as const,
    blocks: { relay: [0, units] as [number, number], error: [units, 2 * units] as [number, number] },
  };
  const network = resolveNetwork({
    modules: { m1: module, m2: module },
    inputs: { x: units },
    forward: [
      { source: "x", target: "m1.relay", id: "in", delay: delays.input },
      { source: "m1.relay", target: "m2.relay", id: "on", delay: delays.forward },
    ],
    errorPathways: [{ source: "error(out)", target: "m2.error", id: "back", delay: delays.error }],
    readouts: {
      out: {
        size: units,
        nonlinearity: "linear",
        sources: [{ source: "m2.relay", id: "read", delay: delays.read ?? 1 }],
      },
    },
    tasks: { task: { input: "x", readout: "out" } },
  });
  const weights = new Map(["in", "on", "back", "read"].map((id) => [id, identity]));
  for (const name of network.modules.keys()) {
    weights.set(recurrentName(name), new Float32Array(4 * units * units));
    weights.set(biasName(name), new Float32Array(2 * units));
  }
  return { network, weights: fromNames(weights) };
}

describe("a delay", () => {
  it("carries what was published so many ticks before, along a whole path", async () => {
    await fc.assert(
      fc.asyncProperty(delay, delay, fc.nat({ max: 1000 }), async (input, forward, seed) => {
        const { network, weights } = relay({ input, forward, error: 1 });
        const { kernels, queue, state, tick } = runContinuous(
          network,
          { seed, batch: 1, weights },
          { door: () => fromStream(NEVER) },
        );
        const source = random(seed, "delayed");
        const published: number[][] = [];
        const states: Record<string, number[][]> = { m1: [], m2: [] };
        for (let t = 0; t < 16; t++) {
          const row = Float32Array.from({ length: units }, () => source.uniform(-1, 1));
          published.push([...row]);
          queue.push({ kind: "stimulus", key: "task", input: kernels.tensor(row, [1, units]), target: null });
          tick();
          for (const name of ["m1", "m2"])
            states[name].push([...(await kernels.read(state.states.get(name)!)).subarray(0, units)]);
        }
        const at = (values: number[][], t: number) => values[t] ?? [0, 0];
        for (let t = 0; t < 16; t++) {
          // a stimulus is published at the boundary before its tick, a state after its own
          expect(states.m1[t]).toEqual(at(published, t - (input - 1)));
          expect(states.m2[t]).toEqual(at(states.m1, t - forward));
        }
      }),
      seeded(30),
    );
  });

  it("holds errors back just so", async () => {
    for (const error of [1, 2, 5]) {
      const { network, weights } = relay({ input: 1, forward: 1, error });
      const running = runContinuous(
        network,
        { seed: 3, batch: 1, weights },
        { ticks: { inference: 3, learning: 8 } },
      );
      const { kernels, state, events, tick } = running;
      const errors: Promise<Float32Array>[] = [];
      events.subscribe((event) => {
        if (event.kind === "error" && event.module === "m2") errors.push(kernels.read(event.error));
      });
      for (let t = 0; t < 4; t++) tick();
      const outputError = await kernels.read(state.outputErrors.get("out")!);
      for (let t = 0; t < 7; t++) tick();
      const found = (await Promise.all(errors)).map((e) => [...e.subarray(units)]);
      // e = z - y, and y is moved by -beta times the output error
      const expected = Array.from({ length: 8 }, (_, t) => (t < error - 1 ? [0, 0] : [...outputError]));
      expect(found).toEqual(expected);
    }
  });

  it("makes a readout answer what its source was so many ticks before", async () => {
    for (const [read, expected] of [
      [1, "the stimulus"],
      [2, "rest"],
    ] as const) {
      const { network, weights } = relay({ input: 1, forward: 1, error: 1, read });
      const running = runContinuous(
        network,
        { seed: 3, batch: 1, weights },
        // the stimulus needs two ticks to m2
        { ticks: { inference: 2, learning: 1 } },
      );
      running.tick();
      running.tick();
      const { kernels, state } = running;
      const output = await kernels.read(state.outputs.get("out")!);
      const stimulus = await kernels.read(state.inputs.get("x")!);
      expect([...output]).toEqual(expected === "rest" ? [0, 0] : [...stimulus]);
    }
  });
});
