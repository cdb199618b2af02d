import { invariant } from "../errors.js";
import type { DriveTerm, GradientTerm, Kernels, Tensor } from "../kernels/kernels.js";
import { transposedWeights } from "../kernels/sparse-weights.js";
import { byId, type Pathway, recurrentName } from "../model/network.js";
import { phasedOrder } from "../model/phased-order.js";
import { type PlasticWeights, plasticWeights } from "../model/plastic-weights.js";
import { carried } from "../model/signals.js";
import type { NetworkState } from "../streams/network-state.js";
import { type Answered, throughIterations } from "./through-iterations.js";

/** Derivatives of the loss, summed over the batch, by what settled. */
interface Sensitivities {
  /** by module, minus that by its drive */
  readonly drives: Map<string, Tensor>;
  /** by readout, that by its weighted sum */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** [connections] by recurrent matrix that learns, the gradient itself */
  readonly matrices: Map<string, Tensor>;
}

/** Pathways that took part in the inference phase: open, from what had settled before their target did. */
function partsOf({ network, state }: Answered, order: readonly string[]): Pathway[] {
  const rank = (module: string) => order.indexOf(module);
  return [...network.pathways.values()]
    .filter(({ id, kind, source, target, gate }) => {
      if (kind === "error" || (state.gates.get(id) ?? gate) === 0) return false;
      if (kind === "readout") return state.outputErrors.has(target.name);
      if (!order.includes(target.name)) return false;
      if (source.kind === "input") return state.inputs.has(source.name);
      return rank(source.name) >= 0 && rank(source.name) < rank(target.name);
    })
    .sort(byId);
}

const gateOf = ({ gates }: NetworkState, { id, gate }: Pathway): number => gates.get(id) ?? gate;

/** The term that carries a sensitivity back through a pathway, to its source. */
function backTerm(
  pathway: Pathway,
  { state }: Answered,
  { drives, outputs }: Sensitivities,
): DriveTerm | null {
  const { kind, source, target, transposed } = pathway;
  const arriving = kind === "readout" ? outputs.get(target.name) : drives.get(target.name);
  const weights = state.parameters.learned.get(pathway.weights)?.weights;
  if (!arriving || !weights) return null;
  const scale = gateOf(state, pathway) * (kind === "readout" ? 1 : -1);
  return {
    source: arriving,
    block: target.block,
    weights,
    transposed: !transposed,
    scale,
    target: source.block,
  };
}

/** The sensitivities of all modules, the last to settle first. */
async function sensitivities(
  answered: Answered,
  parts: readonly Pathway[],
  order: readonly string[],
  iterations: number,
): Promise<Sensitivities> {
  const { kernels, network, state } = answered;
  const found: Sensitivities = {
    drives: new Map(),
    outputs: state.outputErrors,
    matrices: new Map(),
  };
  for (const name of [...order].reverse()) {
    const leaving = parts.filter(({ source }) => source.kind === "state" && source.name === name);
    const terms = leaving
      .map((pathway) => backTerm(pathway, answered, found))
      .filter((term) => term !== null);
    const recurrent = state.parameters.recurrent.get(name);
    const units = network.modules.get(name)?.neurons;
    if (terms.length === 0 || !recurrent || !units) continue;
    const transposed = kernels.matrix(transposedWeights(await kernels.weights(recurrent.matrix)));
    const sensitivity = kernels.drive({ batch: state.batch, units, terms });
    const { drive, matrix } = throughIterations(answered, name, sensitivity, transposed, iterations);
    found.drives.set(name, drive);
    if (matrix) found.matrices.set(recurrentName(name), matrix);
    for (const handle of [sensitivity, transposed]) kernels.dispose(handle);
  }
  return found;
}

/** A pathway's part of the gradient of its weights. */
function gradientTerm(
  pathway: Pathway,
  { state }: Answered,
  { drives, outputs }: Sensitivities,
): GradientTerm | null {
  const { kind, source, target, transposed } = pathway;
  const carries = carried(pathway, "state", state);
  const arriving = kind === "readout" ? outputs.get(target.name) : drives.get(target.name);
  if (!carries || !arriving) return null;
  const scale = (gateOf(state, pathway) * (kind === "readout" ? 1 : -1)) / state.batch;
  return transposed
    ? { source: arriving, block: target.block, error: carries, errorBlock: source.block, scale }
    : { source: carries, block: source.block, error: arriving, errorBlock: target.block, scale };
}

/** The gradient of a bias: the sensitivity of what it is added to. */
function biasTerms(
  owner: NonNullable<PlasticWeights["biasOf"]>,
  { state }: Answered,
  { drives, outputs }: Sensitivities,
): GradientTerm[] {
  const [error, sign] =
    "readout" in owner ? [outputs.get(owner.readout), 1] : [drives.get(owner.module.target.name), -1];
  if (!error) return [];
  return [
    { source: "ones", block: [0, 1], error, errorBlock: [0, error.shape[1]], scale: sign / state.batch },
  ];
}

/** `sum of terms`, by the kernel that learns, at a rate of zero. */
function gradientOf(kernels: Kernels, weights: Tensor, terms: readonly GradientTerm[]): Tensor {
  const learned = kernels.learn({
    terms,
    weights: kernels.retain(weights),
    moments: null,
    optimiser: { kind: "sgd", learningRate: 0 },
    keepGradient: true,
  });
  kernels.dispose(learned.weights);
  invariant(learned.gradient, "a gradient that was asked for is kept");
  return learned.gradient;
}

/**
 * The gradient of the loss by all weights and biases that learn, by reverse-mode differentiation through the
 * settled network: `iterations` of each module from zero, in the order of phased operation. The loss is that whose
 * derivative is the output error: the cross-entropy of a softmax readout, mean over the batch, summed over the
 * readouts that had targets. The states of one module at a time are kept, iteration by iteration. Modules that no
 * input reaches are constants.
 * @param answered after an inference phase with targets; nothing of it changes
 * @param iterations that each module made in that phase
 * @returns by the name of the weights, in their shape, [connections] for a recurrent matrix; those that the loss does
 *   not depend on are left out. Owned by the caller
 * @throws EddyError INVALID_DESCRIPTION when the pathways form a cycle and no order is given
 * @see Werbos 1990, Backpropagation through time; Lillicrap et al. 2016 hold feedback alignment against it
 */
export async function trueGradient(answered: Answered, iterations: number): Promise<Map<string, Tensor>> {
  const { kernels, network, state } = answered;
  const order = phasedOrder(network).inference;
  const parts = partsOf(answered, order);
  const found = await sensitivities(answered, parts, order, iterations);
  const gradients = new Map(found.matrices);
  for (const { name, biasOf } of plasticWeights(network)) {
    const weights = state.parameters.learned.get(name)?.weights;
    if (!weights) continue;
    const terms = parts
      .filter((pathway) => pathway.weights === name)
      .map((pathway) => gradientTerm(pathway, answered, found))
      .filter((term) => term !== null);
    if (biasOf) terms.push(...biasTerms(biasOf, answered, found));
    if (terms.length > 0) gradients.set(name, gradientOf(kernels, weights, terms));
  }
  for (const sensitivity of found.drives.values()) kernels.dispose(sensitivity);
  return gradients;
}
