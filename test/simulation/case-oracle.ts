import type { Activation } from "../../src/kernels/kernels.js";
import type { StoredTensor } from "../../src/simulation/safetensors.js";
import type { CaseDescription } from "../arbitraries/reference-case.js";
import { activation as functions } from "../kernels/formulas.js";

/** [row][column] */
type Matrix = number[][];

const filled = (rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, () => Array(columns).fill(0));
const matrixOf = ({ shape, data }: StoredTensor): Matrix => {
  const columns = shape[shape.length - 1];
  return filled(data.length / columns, columns).map((row, i) => row.map((_, j) => data[i * columns + j]));
};
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const combine = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  a.map((row, i) => row.map((value, j) => f(value, b[i][j])));
const minus = (a: Matrix, b: Matrix): Matrix => combine(a, b, (x, y) => x - y);
const columns = (a: Matrix, [start, end]: readonly [number, number]): Matrix =>
  a.map((row) => row.slice(start, end));
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

/** Adds to the columns of a block, in place. */
function addInto(sum: Matrix, [start]: readonly [number, number], part: Matrix, scale = 1): void {
  part.forEach((row, i) => {
    row.forEach((value, j) => {
      sum[i][start + j] += scale * value;
    });
  });
}

const answers = {
  softmax: (u: number[]) =>
    u.map((value) => Math.exp(value) / u.reduce((sum, other) => sum + Math.exp(other), 0)),
  sigmoid: (u: number[]) => u.map((value) => 1 / (1 + Math.exp(-value))),
  linear: (u: number[]) => u,
};

/** "m1.SI" -> m1 and its units; an input or readout -> all of it. */
function blockOf({ modules, inputs, readouts }: CaseDescription, text: string) {
  if (text in inputs) return { owner: text, block: [0, inputs[text]] as const };
  if (text in readouts) return { owner: text, block: [0, readouts[text].size] as const };
  const [owner, name] = text.split(".");
  return { owner, block: modules[owner].blocks[name] };
}

interface Memory {
  readonly weights: Map<string, Matrix>;
  readonly first: Map<string, Matrix>;
  readonly second: Map<string, Matrix>;
}

/** What one step makes of the weights before it. */
function phases(
  given: CaseDescription,
  f: (u: number) => number,
  weights: Map<string, Matrix>,
  inputs: Map<string, Matrix>,
  targets: Map<string, Matrix>,
) {
  const { batch, iterations, modules, inferenceOrder, learningOrder, beta } = given;
  const z = new Map<string, Matrix>();
  const drives = new Map<string, Matrix>();
  const settle = (name: string, from: Matrix, drive: Matrix, count: number): Matrix => {
    const W = weights.get(modules[name].recurrent)!;
    const [bias] = weights.get(modules[name].bias)!;
    let h = from;
    for (let t = 0; t < count; t++)
      h = combine(times(h, W), drive, (a, b) => a + b).map((row) => row.map((u, j) => f(u + bias[j])));
    return h;
  };
  const atRest = (name: string) => filled(batch, modules[name].neurons);
  for (const name of inferenceOrder) {
    const drive = atRest(name);
    for (const pathway of given.forward) {
      const [from, to] = [blockOf(given, pathway.source), blockOf(given, pathway.target)];
      const source = inputs.get(from.owner) ?? z.get(from.owner);
      if (to.owner === name && source)
        addInto(drive, to.block, times(columns(source, from.block), weights.get(pathway.weights)!));
    }
    drives.set(name, drive);
    z.set(name, settle(name, atRest(name), drive, iterations.inference));
  }
  for (const name of Object.keys(modules))
    if (!z.has(name)) z.set(name, settle(name, atRest(name), atRest(name), iterations.inference));
  const signals = new Map([...inputs, ...z]);
  const outputs = new Map<string, Matrix>();
  const errors = new Map<string, Matrix>();
  for (const [name, { size, sources, bias, nonlinearity }] of Object.entries(given.readouts)) {
    const u = filled(batch, size).map(() => [...weights.get(bias)![0]]);
    for (const pathway of sources) {
      const { owner, block } = blockOf(given, pathway.source);
      addInto(u, [0, size], times(columns(signals.get(owner)!, block), weights.get(pathway.weights)!));
    }
    outputs.set(name, u.map(answers[nonlinearity]));
    errors.set(name, minus(outputs.get(name)!, targets.get(name)!));
  }
  const y = new Map(z);
  for (const name of learningOrder) {
    const drive = (drives.get(name) ?? atRest(name)).map((row) => [...row]);
    for (const pathway of given.errorPaths) {
      const from = blockOf(given, pathway.source.slice("error(".length, -1));
      const to = blockOf(given, pathway.target);
      const error = errors.get(from.owner);
      if (to.owner === name && error)
        addInto(drive, to.block, times(columns(error, from.block), weights.get(pathway.weights)!), -beta);
    }
    const start = given.algorithm === "STE" ? atRest(name) : z.get(name)!;
    y.set(name, settle(name, start, drive, iterations.learning));
    errors.set(name, minus(z.get(name)!, y.get(name)!));
  }
  return { z, y, outputs, errors, signals };
}

/** Gradients by name of weights: of those that a plastic pathway projects through, and of plastic biases. */
function gradients(
  given: CaseDescription,
  weights: Map<string, Matrix>,
  { errors, signals }: ReturnType<typeof phases>,
) {
  const found = new Map<string, Matrix>();
  const add = (name: string, part: Matrix) => {
    if (!found.has(name)) found.set(name, filled(weights.get(name)!.length, weights.get(name)![0].length));
    addInto(found.get(name)!, [0, 0], part, 1 / given.batch);
  };
  const teach = (pathway: { source: string; weights: string; plastic: boolean }, target: string) => {
    if (!pathway.plastic) return;
    const [from, to] = [blockOf(given, pathway.source), blockOf(given, target)];
    const error = errors.get(to.owner) ?? filled(given.batch, to.block[1]);
    add(
      pathway.weights,
      times(transposed(columns(signals.get(from.owner)!, from.block)), columns(error, to.block)),
    );
  };
  for (const pathway of given.forward) teach(pathway, pathway.target);
  for (const [name, { sources, bias, biasPlastic }] of Object.entries(given.readouts)) {
    for (const pathway of sources) teach(pathway, name);
    if (biasPlastic) add(bias, times([Array(given.batch).fill(1)], errors.get(name)!));
  }
  return found;
}

/** Kingma and Ba 2015, algorithm 1, or plain gradient descent. */
function update(
  { optimizer }: CaseDescription,
  { weights, first, second }: Memory,
  name: string,
  g: Matrix,
  step: number,
): void {
  const w = weights.get(name)!;
  const { learningRate } = optimizer;
  if (optimizer.kind === "sgd") {
    weights.set(
      name,
      combine(w, g, (weight, slope) => weight - learningRate * slope),
    );
    return;
  }
  const { beta1, beta2, epsilon } = optimizer;
  const before = (moments: Map<string, Matrix>) => moments.get(name) ?? filled(w.length, w[0].length);
  const m = combine(before(first), g, (moment, slope) => beta1 * moment + (1 - beta1) * slope);
  const v = combine(before(second), g, (moment, slope) => beta2 * moment + (1 - beta2) * slope ** 2);
  first.set(name, m);
  second.set(name, v);
  const change = combine(
    m,
    v,
    (a, b) => a / (1 - beta1 ** step) / (Math.sqrt(b / (1 - beta2 ** step)) + epsilon),
  );
  weights.set(
    name,
    combine(w, change, (weight, part) => weight - learningRate * part),
  );
}

/**
 * All numbers that a case should give, computed in double precision from golden/README.md alone: not a line in common
 * with the streams or the kernels.
 */
export function caseNumbers(
  given: CaseDescription,
  activation: Activation,
  tensors: ReadonlyMap<string, StoredTensor>,
): Map<string, StoredTensor> {
  const initial = [...tensors].filter(([name]) => name.startsWith("initial/"));
  const memory: Memory = {
    weights: new Map(initial.map(([name, tensor]) => [name.slice("initial/".length), matrixOf(tensor)])),
    first: new Map(),
    second: new Map(),
  };
  const numbers = new Map<string, StoredTensor>();
  for (let step = 1; step <= given.steps; step++) {
    const at = (name: string) => matrixOf(tensors.get(`step${step}/${name}`)!);
    const put = (name: string, value: Matrix) =>
      numbers.set(`step${step}/${name}`, {
        shape: [value.length, value[0].length],
        data: Float32Array.from(value.flat()),
      });
    const inputs = new Map(Object.keys(given.inputs).map((name) => [name, at(name)]));
    const targets = new Map(Object.keys(given.readouts).map((name) => [name, at(`target${name.slice(3)}`)]));
    const made = phases(given, functions[activation], memory.weights, inputs, targets);
    for (const [name, output] of made.outputs) put(name, output);
    for (const name of Object.keys(given.readouts)) put(`error(${name})`, made.errors.get(name)!);
    for (const [name, { neurons }] of Object.entries(given.modules)) {
      put(`z(${name})`, made.z.get(name)!);
      put(`y(${name})`, made.y.get(name)!);
      put(`error(${name})`, made.errors.get(name) ?? filled(given.batch, neurons));
    }
    for (const [name, gradient] of gradients(given, memory.weights, made)) {
      put(`gradient(${name})`, gradient);
      update(given, memory, name, gradient, step);
      put(`after/${name}`, memory.weights.get(name)!);
    }
    for (const { weights } of given.errorPaths) put(`after/${weights}`, memory.weights.get(weights)!);
  }
  return numbers;
}
