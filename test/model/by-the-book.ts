/*
 * Feedforward networks, their loss and its derivatives by the book, in double precision: nothing here is taken from the
 * code under test.
 */

/** Activations whose derivative says something. */
export type Differentiable = "tanh" | "sigmoid" | "relu";

export const batch = 5;
export const inputs = 6;
export const neurons = 7;
export const outputs = 4;

/** What feeds each module, and the readout; modules in the order of inference. */
export type Graph = Readonly<Record<string, readonly string[]>>;

export const layers = (count: number): Graph =>
  Object.fromEntries([
    ...Array.from({ length: count }, (_, i) => [`m${i + 1}`, [i === 0 ? "x" : `m${i}`]]),
    ["out", [`m${count}`]],
  ]);

/** Two ways from the first module to the readout, and one past them. */
export const branching: Graph = { m1: ["x"], m2: ["m1"], m3: ["m1", "x"], out: ["m1", "m2", "m3"] };

/** The names of all weights that learn: one a forward edge, and the bias of the readout. */
export const learnedBy = (graph: Graph) => [
  ...Object.entries(graph).flatMap(([target, sources]) => sources.map((source) => `${source}->${target}`)),
  "out.b",
];

/** One batch. */
export interface Trial {
  /** [batch, inputs] */
  readonly x: Float32Array;
  /** [batch, outputs] one-hot */
  readonly target: Float32Array;
}

export type Arrays = ReadonlyMap<string, Float32Array | Float64Array>;

/** Columns of row `row` of a [batch, columns] array. */
const rowOf = (values: Float64Array, row: number, columns: number) =>
  values.subarray(row * columns, (row + 1) * columns);

const functions: Record<Differentiable, (u: number) => number> = {
  tanh: Math.tanh,
  sigmoid: (u) => 1 / (1 + Math.exp(-u)),
  relu: (u) => Math.max(0, u),
};

const slopes: Record<Differentiable, (h: number) => number> = {
  tanh: (h) => 1 - h * h,
  sigmoid: (h) => h * (1 - h),
  relu: (h) => (h > 0 ? 1 : 0),
};

/** The network's forward pass by the book, in double precision: by name what each layer answers. */
function forwardPass(graph: Graph, activation: Differentiable, weights: Arrays, x: Float64Array) {
  const f = functions[activation];
  const values = new Map([["x", x]]);
  for (const [target, sources] of Object.entries(graph)) {
    const columns = target === "out" ? outputs : neurons;
    const sum = new Float64Array(batch * columns);
    for (const source of sources) {
      const W = weights.get(`${source}->${target}`) as Float64Array;
      const units = W.length / columns;
      const from = values.get(source) as Float64Array;
      for (let row = 0; row < batch; row++)
        for (let i = 0; i < units; i++)
          for (let j = 0; j < columns; j++)
            sum[row * columns + j] += from[row * units + i] * W[i * columns + j];
    }
    values.set(target, target === "out" ? sum : sum.map(f));
  }
  const bias = weights.get("out.b") as Float64Array;
  const out = values.get("out") as Float64Array;
  for (let row = 0; row < batch; row++) {
    const logits = rowOf(out, row, outputs).map((logit, j) => logit + bias[j]);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    rowOf(out, row, outputs).set(logits.map((logit) => Math.exp(logit) / total));
  }
  return values;
}

/** Cross-entropy, mean over the batch. */
export function loss(graph: Graph, activation: Differentiable, weights: Arrays, { x, target }: Trial) {
  const out = forwardPass(graph, activation, weights, Float64Array.from(x)).get("out") as Float64Array;
  return target.reduce((sum, value, i) => sum - value * Math.log(out[i]), 0) / batch;
}

/** `dloss/dweight` of every weight of a matrix, by central differences in double precision. */
export function finiteDifferences(
  name: string,
  weights: Arrays,
  lossOf: (weights: Arrays) => number,
): Float64Array {
  const step = 1e-6;
  const moved = Float64Array.from(weights.get(name) ?? []);
  const all = new Map(weights).set(name, moved);
  return moved.map((value, i) => {
    moved[i] = value + step;
    const above = lossOf(all);
    moved[i] = value - step;
    const below = lossOf(all);
    moved[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Feedback alignment by the book: deltas pass through the error pathways' own matrices. */
export function alignedGradients(
  graph: Graph,
  activation: Differentiable,
  direct: boolean,
  weights: Arrays,
  { x, target: wanted }: Trial,
): Map<string, Float64Array> {
  const slope = slopes[activation];
  const values = forwardPass(graph, activation, weights, Float64Array.from(x));
  const out = values.get("out") as Float64Array;
  const deltas = new Map([["out", out.map((value, i) => value - wanted[i])]]);
  for (const name of Object.keys(graph).reverse()) {
    if (name === "out") continue;
    const teachers = direct ? ["out"] : Object.keys(graph).filter((target) => graph[target].includes(name));
    const sum = new Float64Array(batch * neurons);
    for (const teacher of teachers) {
      const delta = deltas.get(teacher) as Float64Array;
      const B = weights.get(`error(${teacher})->${name}`) as Float32Array;
      const units = delta.length / batch;
      for (let row = 0; row < batch; row++)
        for (let i = 0; i < units; i++)
          for (let j = 0; j < neurons; j++)
            sum[row * neurons + j] += delta[row * units + i] * B[i * neurons + j];
    }
    const h = values.get(name) as Float64Array;
    deltas.set(
      name,
      sum.map((value, i) => value * slope(h[i])),
    );
  }
  const gradients = new Map<string, Float64Array>();
  for (const [target, sources] of Object.entries(graph)) {
    const delta = deltas.get(target) as Float64Array;
    const columns = delta.length / batch;
    for (const source of sources) {
      const h = values.get(source) as Float64Array;
      const units = h.length / batch;
      const gradient = new Float64Array(units * columns);
      for (let row = 0; row < batch; row++)
        for (let i = 0; i < units; i++)
          for (let j = 0; j < columns; j++)
            gradient[i * columns + j] += (h[row * units + i] * delta[row * columns + j]) / batch;
      gradients.set(`${source}->${target}`, gradient);
    }
  }
  return gradients;
}
