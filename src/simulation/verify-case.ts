import type { Kernels, Tensor } from "../kernels/kernels.js";
import { createParameters } from "../model/parameters.js";
import { restingState } from "../streams/network-state.js";
import { type PhasedNetwork, phasedNetwork } from "../streams/phased.js";
import type { ReferenceCase } from "./reference-case.js";
import type { StoredTensor } from "./safetensors.js";

/** Largest absolute deviations from a case's numbers. */
export interface Deviations {
  readonly states: number;
  readonly gradients: number;
  readonly weights: number;
}

/** How far a float32 implementation may be from the authors' numbers. */
export const tolerances: Deviations = { states: 1e-5, gradients: 1e-5, weights: 2e-5 };

/** What replaying a case found. */
export interface Verification {
  readonly name: string;
  readonly backend: string;
  readonly deviations: Deviations;
  /** where each kind deviated most, as "step2/y(m1)" */
  readonly worst: Readonly<Record<keyof Deviations, string>>;
  /** tensors compared */
  readonly compared: number;
  /** tensors of the case that nothing of ours stands for */
  readonly ignored: readonly string[];
  readonly passed: boolean;
}

/** The largest |a - b|; what is not a number deviates infinitely, and so does another size. */
function deviation(given: Float32Array, expected: Float32Array): number {
  if (given.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < given.length; i++) {
    const difference = Math.abs(given[i] - expected[i]);
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}

/** What one step gave, by the case's names. */
type Found = Map<string, { kind: keyof Deviations; tensor: Tensor | null }>;

function stepFound(
  { names, network }: ReferenceCase,
  { state }: PhasedNetwork,
  gradients: ReadonlyMap<string, Tensor>,
): Found {
  const found: Found = new Map();
  const states = (name: string, tensor: Tensor | undefined) =>
    found.set(name, { kind: "states", tensor: tensor ?? null });
  for (const readout of network.readouts.keys()) {
    states(readout, state.outputs.get(readout));
    states(`error(${readout})`, state.outputErrors.get(readout));
  }
  for (const module of network.modules.keys()) {
    states(`z(${module})`, state.held.get(module));
    states(`y(${module})`, state.states.get(module));
    states(`error(${module})`, state.errors.get(module));
  }
  for (const [own, name] of names) {
    found.set(`gradient(${name})`, { kind: "gradients", tensor: gradients.get(own) ?? null });
    const learned = state.parameters.learned.get(own);
    if (learned) found.set(`after/${name}`, { kind: "weights", tensor: learned.weights });
  }
  return found;
}

async function compare(
  kernels: Kernels,
  step: string,
  found: Found,
  expected: ReadonlyMap<string, StoredTensor>,
) {
  const rows: { kind: keyof Deviations; name: string; deviation: number }[] = [];
  for (const [name, { kind, tensor }] of found) {
    const wanted = expected.get(`${step}/${name}`);
    if (!wanted) continue;
    // what took no part has no tensor: nothing entered it and nothing was learned
    const given = tensor ? await kernels.read(tensor) : new Float32Array(wanted.data.length);
    rows.push({ kind, name: `${step}/${name}`, deviation: deviation(given, wanted.data) });
  }
  return rows;
}

/** Replays a reference case through the streams on the given kernels. */
export async function verifyCase(kernels: Kernels, reference: ReferenceCase): Promise<Verification> {
  const { network, rule, optimiser, beta, batch } = reference;
  const parameters = createParameters(kernels, network, reference.weights);
  const state = restingState(network, parameters, { batch, beta, optimiser });
  const phased = phasedNetwork({ kernels, network, rule, state, keepGradients: true }, reference.iterations);
  const gradients = new Map<string, Tensor>();
  const subscription = phased.events.subscribe({
    next(event) {
      if (event.kind === "update" && event.gradient) gradients.set(event.weights, event.gradient);
    },
    // learn() throws it
    error: () => {},
  });
  const rows: Awaited<ReturnType<typeof compare>> = [];
  for (const [i, step] of reference.steps.entries()) {
    gradients.clear();
    phased.learn(step);
    rows.push(
      ...(await compare(
        kernels,
        `step${i + 1}`,
        stepFound(reference, phased, gradients),
        reference.expected,
      )),
    );
  }
  subscription.unsubscribe();
  phased.close();
  return summarise(reference, kernels.name, rows);
}

function summarise(
  { name, expected }: ReferenceCase,
  backend: string,
  rows: Awaited<ReturnType<typeof compare>>,
): Verification {
  const deviations = { states: 0, gradients: 0, weights: 0 };
  const worst = { states: "", gradients: "", weights: "" };
  for (const row of rows) {
    if (row.deviation < deviations[row.kind] || (row.deviation === 0 && worst[row.kind] !== "")) continue;
    deviations[row.kind] = row.deviation;
    worst[row.kind] = row.name;
  }
  const compared = new Set(rows.map((row) => row.name));
  const given = /^(initial\/|step\d+\/(x|target))/;
  const ignored = [...expected.keys()].filter((tensor) => !compared.has(tensor) && !given.test(tensor));
  const within = (kind: keyof Deviations) => deviations[kind] <= tolerances[kind];
  const passed = rows.length > 0 && within("states") && within("gradients") && within("weights");
  return { name, backend, deviations, worst, compared: compared.size, ignored, passed };
}
