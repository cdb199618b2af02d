import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activation } from "../../src/kernels/kernels.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { learningRules } from "../../src/model/learning-rules.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { seeded } from "../arbitraries/seeded.js";
import { activation as functions } from "../kernels/formulas.js";
import { byName } from "../weights-by-name.js";
import { numbersOf, runPhased } from "./run-network.js";

type Row = number[];
/** [from][to] */
type Matrix = number[][];

const zeros = (length: number): Row => Array(length).fill(0);
const times = (row: Row, matrix: Matrix): Row =>
  matrix[0].map((_, to) => row.reduce((sum, value, from) => sum + value * matrix[from][to], 0));
const plus = (a: Row, b: Row): Row => a.map((value, i) => value + b[i]);
const minus = (a: Row, b: Row): Row => a.map((value, i) => value - b[i]);
const matrixOf = (data: Float32Array, columns: number): Matrix =>
  Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

/** What Algorithm 1 works on: L modules with blocks RI, SI, RE, SE at their bounds, as in the supplement. */
interface Chain {
  readonly f: ((u: number) => number)[];
  readonly W: Matrix[];
  /** W_(i-1,i) and, last, W_(L,L+1) */
  readonly forward: Matrix[];
  /** E_(i+1,i) */
  readonly backward: Matrix[];
  readonly bounds: Row[];
  readonly te: { readonly inference: number; readonly learning: number };
  readonly beta: number;
  readonly restart: boolean;
}

/** Algorithm 1 of the supplement for one stimulus, its f(u) as h. Line numbers are the supplement's. */
function algorithmOne({ f, W, forward, backward, bounds, te, beta, restart }: Chain, x: Row, target: Row) {
  const L = W.length;
  const block = (i: number, name: "RI" | "SI" | "RE" | "SE", h: Row) => {
    const b = ["RI", "SI", "RE", "SE"].indexOf(name);
    return h.slice(bounds[i][b], bounds[i][b + 1]);
  };
  const entering = (i: number, name: "RI" | "RE", signal: Row): Row => {
    const start = bounds[i][name === "RI" ? 0 : 2];
    return zeros(W[i].length).map((_, unit) => signal[unit - start] ?? 0);
  };
  const settle = (i: number, h: Row, drive: Row, iterations: number): Row => {
    let state = h;
    for (let t = 0; t < iterations; t++) state = plus(times(state, W[i]), drive).map(f[i]);
    return state;
  };
  const z: Row[] = [];
  const drives: Row[] = [];
  const sources: Row[] = [x];
  for (let i = 0; i < L; i++) {
    drives.push(entering(i, "RI", times(sources[i], forward[i]))); // 5
    z.push(settle(i, zeros(W[i].length), drives[i], te.inference)); // 3 to 7
    sources.push(block(i, "SI", z[i]));
  }
  const exponentials = times(sources[L], forward[L]).map(Math.exp); // 8
  const total = exponentials.reduce((a, b) => a + b);
  const output = exponentials.map((value) => value / total);
  const outputError = minus(output, target); // 12
  const y: Row[] = [];
  const errors: Row[] = [];
  let relayed = outputError;
  for (let i = L - 1; i >= 0; i--) {
    const feedback = times(relayed, backward[i]).map((value) => -beta * value);
    const drive = plus(drives[i], entering(i, "RE", feedback)); // 15
    y[i] = settle(i, restart ? zeros(W[i].length) : z[i], drive, te.learning);
    errors[i] = minus(z[i], y[i]); // 17
    relayed = block(i, "SE", errors[i]);
  }
  const taught = [...errors.map((e, i) => block(i, "RI", e)), outputError];
  const gradients = sources.map((source, i) => source.map((s) => taught[i].map((e) => s * e))); // 22 to 24
  return { z, y, errors, output, outputError, gradients };
}

const modules = fc.array(
  fc.record({
    sizes: fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 4 }))),
    activation: fc.constantFrom<Activation>("tanh", "sigmoid", "relu", "relu6", "hardSigmoid", "linear"),
    spectralRadius: fc.double({ min: 0.1, max: 0.8, noNaN: true }),
  }),
  { minLength: 1, maxLength: 4 },
);

function describeChain(given: typeof modules extends fc.Arbitrary<infer Value> ? Value : never): {
  description: NetworkDescriptionInput;
  bounds: Row[];
} {
  const bounds = given.map(({ sizes }) => [
    0,
    ...sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b)),
  ]);
  const last = given.length - 1;
  const described = given.map(({ activation, spectralRadius }, i) => {
    const [a, b, c, d, e] = bounds[i];
    const blocks = { RI: [a, b], SI: [b, c], RE: [c, d], SE: [d, e] } as Record<string, [number, number]>;
    return [`m${i}`, { neurons: e, activation, spectralRadius, connectionRate: 1, blocks }] as const;
  });
  const link = given.map((_, i) => i);
  return {
    bounds,
    description: {
      modules: Object.fromEntries(described),
      inputs: { x: 3 },
      forward: link.map((i) => ({ id: `W ${i}`, source: i ? `m${i - 1}.SI` : "x", target: `m${i}.RI` })),
      errorPathways: link.map((i) => ({
        id: `E ${i}`,
        source: i === last ? "error(out)" : `error(m${i + 1}.SE)`,
        target: `m${i}.RE`,
      })),
      readouts: { out: { size: 3, sources: [{ id: `W ${last + 1}`, source: `m${last}.SI` }] } },
      tasks: { task: { input: "x", readout: "out" } },
    },
  };
}

describe("phased operation", () => {
  it("is Algorithm 1, on chains of any length, sizes and activations", async () => {
    await fc.assert(
      fc.asyncProperty(
        modules,
        fc.constantFrom("STE" as const, "EPE" as const),
        fc.record({ inference: fc.nat({ max: 8 }), learning: fc.nat({ max: 8 }) }),
        fc.constantFrom(1, 0.5, 2),
        fc.nat({ max: 10_000 }),
        async (given, rule, te, beta, seed) => {
          const { description, bounds } = describeChain(given);
          const network = resolveNetwork(description);
          const rate = 0.5;
          const batch = 3;
          const phased = runPhased(
            network,
            { seed, batch, rule: learningRules[rule], optimiser: { kind: "sgd", learningRate: rate } },
            te,
          );
          phased.state.beta = beta;
          const weights = byName(initialWeights(network, seed));
          const numbers = (name: string, columns: number) => matrixOf(weights.get(name)!, columns);
          const size = (i: number, b: number) => bounds[i][b + 1] - bounds[i][b];
          const chain: Chain = {
            f: given.map(({ activation }) => functions[activation]),
            W: given.map((_, i) => numbers(`m${i}.W`, bounds[i][4])),
            forward: [...given.keys(), given.length].map((i) =>
              numbers(`W ${i}`, i < given.length ? size(i, 0) : 3),
            ),
            backward: given.map((_, i) => numbers(`E ${i}`, size(i, 2))),
            bounds,
            te,
            beta,
            restart: rule === "STE",
          };
          const trial = phased.trial(0);
          phased.learn(trial);
          const found = await numbersOf(phased.kernels, phased.state);
          const row = (data: Float32Array, i: number) => [...data.subarray(3 * i, 3 * i + 3)];
          const trials = Array.from({ length: batch }, (_, i) =>
            algorithmOne(chain, row(trial.inputs.get("x")!, i), row(trial.targets.get("out")!, i)),
          );
          const close = (name: string, wanted: Row) => {
            const difference = Math.max(...minus([...found[name]], wanted).map(Math.abs));
            const scale = Math.max(1, ...wanted.map(Math.abs));
            expect(difference / scale, name).toBeLessThan(2e-6);
          };
          for (const i of given.keys()) {
            close(
              `held m${i}`,
              trials.flatMap(({ z }) => z[i]),
            );
            close(
              `states m${i}`,
              trials.flatMap(({ y }) => y[i]),
            );
            close(
              `errors m${i}`,
              trials.flatMap(({ errors }) => errors[i]),
            );
          }
          close(
            "outputs out",
            trials.flatMap(({ output }) => output),
          );
          close(
            "outputErrors out",
            trials.flatMap(({ outputError }) => outputError),
          );
          for (const [i, W] of chain.forward.entries()) {
            const updated = W.flatMap((weights, from) =>
              weights.map(
                (weight, to) =>
                  weight -
                  (rate * trials.reduce((sum, { gradients }) => sum + gradients[i][from][to], 0)) / batch,
              ),
            );
            close(`weights W ${i}`, updated);
          }
        },
      ),
      seeded(80),
    );
  });
});
