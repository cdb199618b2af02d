import { invariant } from "../errors.js";
import type { GradientTerm, Kernels, RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import { biasName, type Network } from "../model/network.js";
import { gainOf } from "../model/parameters.js";
import type { NetworkState } from "../streams/network-state.js";

/** What is differentiated: a network after an inference phase whose readouts had targets. */
export interface Answered {
  readonly kernels: Kernels;
  readonly network: Network;
  readonly state: NetworkState;
}

/** What a module's iterations make of the sensitivity of its last state; owned by the caller. */
export interface Through {
  /** [batch, neurons] minus the sensitivity by its drive */
  readonly drive: Tensor;
  /** [connections] the gradient of its recurrent matrix, mean over the batch; null unless it learns */
  readonly matrix: Tensor | null;
}

function partsOf({ network, state }: Answered, name: string) {
  const module = network.modules.get(name);
  const recurrent = state.parameters.recurrent.get(name);
  const drive = state.drives.get(name);
  invariant(module && recurrent && drive, `module ${name} has settled`);
  return { module, recurrent, drive };
}

/** The states that a module went through: after each iteration, from zero, with the drive that it had. */
function trajectory(answered: Answered, name: string, iterations: number): Tensor[] {
  const { kernels, state } = answered;
  const { module, recurrent, drive } = partsOf(answered, name);
  const { activation } = module;
  const bias = state.parameters.biases.get(name) ?? state.parameters.learned.get(biasName(name))?.weights;
  const how = { matrix: recurrent.matrix, gain: gainOf(recurrent), bias, activation, drive, iterations: 1 };
  const states: Tensor[] = [];
  for (let t = 0; t < iterations; t++)
    states.push(kernels.settle([{ ...how, from: states[t - 1] ?? "zero" }])[0].state);
  return states;
}

/** `gain sum over t of h_(t-1)^T a_t / batch` on the connections, by the kernel that learns, at a rate of zero. */
function matrixGradient(
  answered: Answered,
  name: string,
  states: readonly Tensor[],
  arrived: readonly Tensor[],
): Tensor {
  const { kernels, state } = answered;
  const { module, recurrent } = partsOf(answered, name);
  const all = [0, module.neurons] as const;
  const scale = gainOf(recurrent) / state.batch;
  const terms = arrived
    .slice(1)
    .map((error, t): GradientTerm => ({ source: states[t], block: all, error, errorBlock: all, scale }));
  const { matrix, gradient } = kernels.learnMatrix({
    terms,
    matrix: kernels.retain(recurrent.matrix),
    moments: null,
    optimiser: { kind: "sgd", learningRate: 0 },
    keepGradient: true,
  });
  kernels.dispose(matrix);
  invariant(gradient, "a gradient that was asked for is kept");
  return gradient;
}

/**
 * Back through the iterations of a module, `a_t = f'(h_t) l_t` and `l_(t-1) = gain a_t W^T`, from `l_T` down; the
 * sensitivity by the drive is the sum of all a_t.
 * @param sensitivity [batch, neurons] l_T, by the state in which it ended
 * @param transposed W^T
 */
export function throughIterations(
  answered: Answered,
  name: string,
  sensitivity: Tensor,
  transposed: RecurrentMatrix,
  iterations: number,
): Through {
  const { kernels } = answered;
  const { module, recurrent } = partsOf(answered, name);
  const zero = kernels.difference(sensitivity, sensitivity);
  const how = { matrix: transposed, gain: gainOf(recurrent), activation: "linear", drive: zero } as const;
  const states = trajectory(answered, name, iterations);
  /** a_1 to a_T, where the matrix learns */
  const arrived: Tensor[] = [];
  let sum = kernels.retain(zero);
  let later = kernels.retain(sensitivity);
  for (const h of [...states].reverse()) {
    const a = kernels.derivative(module.activation, h, later);
    const added = kernels.difference(sum, a);
    const [{ state: earlier }] = kernels.settle([{ ...how, from: a, iterations: 1 }]);
    for (const handle of [sum, later]) kernels.dispose(handle);
    [sum, later] = [added, earlier];
    if (module.learning.W > 0) arrived.unshift(a);
    else kernels.dispose(a);
  }
  const matrix = module.learning.W > 0 ? matrixGradient(answered, name, states, arrived) : null;
  for (const handle of [zero, later, ...states, ...arrived]) kernels.dispose(handle);
  return { drive: sum, matrix };
}
