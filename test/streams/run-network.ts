import type { Kernels, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { errorPerturbedError } from "../../src/model/adjoint-propagation.js";
import type { EventDriven } from "../../src/model/change-propagation.js";
import { initialWeights, type Weights } from "../../src/model/initial-weights.js";
import type { LearningRule } from "../../src/model/learning-rule.js";
import type { Network } from "../../src/model/network.js";
import type { Optimiser } from "../../src/model/optimiser.js";
import { createParameters } from "../../src/model/parameters.js";
import { random } from "../../src/model/random.js";
import type { PhasedIterations } from "../../src/model/trial-plan.js";
import { type ContinuousOptions, continuousNetwork } from "../../src/streams/continuous.js";
import { type NetworkState, restingState } from "../../src/streams/network-state.js";
import { type PhasedOptions, type PhasedTrial, phasedNetwork } from "../../src/streams/phased.js";
import type { Examples } from "../../src/streams/stimulus.js";
import { endless, type StimulusDoor } from "../../src/streams/stimulus-door.js";
import type { PhaseTicks } from "../../src/streams/task-clock.js";

/** What a test runs a network with; the rest is the same for all. */
export interface Run {
  readonly seed: number;
  readonly batch?: number;
  readonly rule?: LearningRule;
  readonly optimiser?: Optimiser;
  readonly weights?: Weights;
  readonly kernels?: Kernels;
  readonly propagation?: EventDriven;
}

const sgd: Optimiser = { kind: "sgd", learningRate: 0.05 };

function wiring(network: Network, run: Run) {
  const { kernels = referenceKernels(), seed, batch = 2, rule = errorPerturbedError, optimiser = sgd } = run;
  const parameters = createParameters(kernels, network, run.weights ?? initialWeights(network, seed));
  const state = restingState(network, parameters, { batch, beta: 1, optimiser });
  return { kernels, network, rule, state, propagation: run.propagation };
}

/** Inputs uniform in +-1 and random classes; example k is always the same. */
export const noise = (size: number, classes: number, seed: number): Examples => ({
  length: Number.POSITIVE_INFINITY,
  take(first, count) {
    const input = new Float32Array(count * size);
    const target = new Float32Array(count * classes);
    for (let i = 0; i < count; i++) {
      const source = random(seed, `example ${first + i} of ${size}`);
      for (let j = 0; j < size; j++) input[i * size + j] = source.uniform(-1, 1);
      target[i * classes + source.integer(classes)] = 1;
    }
    return { input, target };
  },
});

const examplesOf = (network: Network, task: string, seed: number): Examples => {
  const { input, readout } = network.tasks.get(task)!;
  return noise(network.inputs.get(input)!, network.readouts.get(readout)!.size, seed);
};

/** A network whose tasks all run at once on noise, each with phases of its own length. */
export function runContinuous(
  network: Network,
  run: Run,
  options: {
    readonly forward?: ContinuousOptions["forward"];
    readonly ticks?: PhaseTicks;
    readonly ticksOf?: (task: string) => PhaseTicks;
    readonly settling?: number;
    readonly door?: (task: string, examples: Examples) => StimulusDoor;
  } = {},
) {
  const { forward = "held", door = (_, examples) => endless(examples, run.batch ?? 2) } = options;
  const tasks = [...network.tasks.keys()].sort().map((name, i) => {
    const ticks = options.ticksOf?.(name) ?? options.ticks ?? { inference: 3 + i, learning: 2 + i };
    return [name, { ticks, door: door(name, examplesOf(network, name, run.seed)) }] as const;
  });
  return continuousNetwork(wiring(network, run), {
    forward,
    settling: options.settling,
    tasks: new Map(tasks),
  });
}

/** A phased network, and its trials of noise. */
export function runPhased(
  network: Network,
  run: Run,
  iterations: PhasedIterations = { inference: 4, learning: 4 },
  options: PhasedOptions = {},
) {
  const batch = run.batch ?? 2;
  const trial = (number: number): PhasedTrial => {
    const stimuli = [...network.tasks.values()].map((task) => ({
      task,
      ...examplesOf(network, task.name, run.seed).take(number * batch, batch),
    }));
    return {
      inputs: new Map(stimuli.map(({ task, input }) => [task.input, input])),
      targets: new Map(stimuli.map(({ task, target }) => [task.readout, target!])),
      batch,
    };
  };
  return { ...phasedNetwork(wiring(network, run), iterations, options), trial };
}

/** Numbers by name. */
export type Numbers = Record<string, Float32Array>;

/** All of a network's present numbers, by name, in an order of their own. */
export async function numbersOf(kernels: Kernels, state: NetworkState): Promise<Numbers> {
  const { states, held, errors, outputs, outputErrors, drives, parameters } = state;
  const named: [string, Tensor][] = [];
  for (const [kind, tensors] of Object.entries({ states, held, errors, outputs, outputErrors, drives })) {
    for (const [name, tensor] of tensors) named.push([`${kind} ${name}`, tensor]);
  }
  for (const [name, { weights }] of parameters.learned) named.push([`weights ${name}`, weights]);
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  const read = named.map(async ([name, tensor]) => [name, await kernels.read(tensor)] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** Numbers to the last bit, as text. */
export const bits = (numbers: Numbers): Record<string, string> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, { buffer }]) => [name, Buffer.from(buffer).toString("hex")]),
  );
