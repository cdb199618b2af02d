import type { GradientTerm, Tensor } from "../kernels/kernels.js";
import type { GradientPart } from "./learning-rule.js";
import { biasName, byId, type Module, type Network, type Pathway, recurrentName } from "./network.js";
import { carried, type Signals } from "./signals.js";

/** Weights that learn, and what teaches them. */
export interface PlasticWeights {
  readonly name: string;
  /** plastic pathways that project through them; none for a bias */
  readonly pathways: readonly Pathway[];
  /** the readout, or the module as a pathway to itself, whose bias they are */
  readonly biasOf: { readonly readout: string } | { readonly module: Pathway } | null;
  /** of the learning rate, dimensionless */
  readonly factor: number;
}

/** A recurrent matrix that learns on its existing connections: its module is its own source and target. */
export interface PlasticMatrix {
  readonly name: string;
  readonly module: string;
  readonly pathway: Pathway;
  /** of the learning rate, dimensionless */
  readonly factor: number;
}

/** A module's recurrent connections, as a pathway from all its units to all its units. */
function recurrentPathway({ name, neurons }: Module): Pathway {
  const block = [0, neurons] as const;
  const id = recurrentName(name);
  const source = { kind: "state", name, block } as const;
  const target = { name, block };
  return {
    id,
    kind: "forward",
    source,
    target,
    weights: id,
    transposed: false,
    delay: 1,
    gate: 1,
    plastic: true,
    rate: 1,
  };
}

/** The recurrent matrices of a network that can learn. */
export const plasticMatrices = ({ modules }: Network): PlasticMatrix[] =>
  [...modules.values()]
    .filter(({ learning, connectionRate }) => learning.W > 0 && connectionRate > 0)
    .map((module) => ({
      name: recurrentName(module.name),
      module: module.name,
      pathway: recurrentPathway(module),
      factor: module.learning.W,
    }));

/** All weights of a network that can learn, but for recurrent ones ({@link plasticMatrices}). */
export function plasticWeights({ modules, pathways, weights, readouts }: Network): PlasticWeights[] {
  const projecting = [...weights.keys()].map((name) => ({
    name,
    pathways: [...pathways.values()]
      .filter((pathway) => pathway.weights === name && pathway.plastic && !pathway.transposed)
      .sort(byId),
    biasOf: null,
    factor: pathways.get(name)?.rate ?? 1,
  }));
  const own = [...modules.values()]
    .filter(({ learning }) => learning.b > 0)
    .map((module) => ({
      name: biasName(module.name),
      pathways: [],
      biasOf: { module: recurrentPathway(module) },
      factor: module.learning.b,
    }));
  const biases = [...readouts.values()]
    .filter(({ bias }) => bias.plastic)
    .map(({ name }) => ({ name: biasName(name), pathways: [], biasOf: { readout: name }, factor: 1 }));
  return [...projecting.filter((plastic) => plastic.pathways.length > 0), ...own, ...biases];
}

/** What a trial left for plasticity. */
export interface TrialEnd {
  readonly signals: Signals;
  readonly batch: number;
  /** with its sign, dimensionless */
  readonly beta: number;
  readonly gates: ReadonlyMap<string, number>;
  /** readouts that were taught in this trial */
  readonly readouts: ReadonlySet<string>;
  /** which pathways learn from it */
  readonly plastic: (pathway: string) => boolean;
  /** which modules its output errors perturbed, so that their W and b may learn from it */
  readonly perturbed: (module: string) => boolean;
  /** by module, [batch, neurons] its error times f'(u): there when a part of the rule's gradient takes it */
  readonly slopedErrors?: ReadonlyMap<string, Tensor>;
}

function teacher(
  { kind, target }: Pathway,
  part: GradientPart,
  { signals, readouts, slopedErrors }: TrialEnd,
): Tensor | undefined {
  if (kind === "readout")
    return readouts.has(target.name) ? signals.outputErrors.get(target.name) : undefined;
  switch (part.target) {
    case "error":
      return (part.derivative ? slopedErrors : signals.errors)?.get(target.name);
    case "inference":
      return signals.held.get(target.name);
    case "learning":
      return signals.states.get(target.name);
  }
}

/** The terms of one pathway, open as far as `gate`. @param ones take the constant 1, a bias's source, for what it carries */
function partTerms(
  pathway: Pathway,
  parts: readonly GradientPart[],
  end: TrialEnd,
  gate: number,
  ones = false,
): GradientTerm[] {
  return parts.flatMap((part) => {
    const source = ones
      ? ("ones" as const)
      : carried(pathway, part.source === "inference" ? "held" : "state", end.signals);
    const error = teacher(pathway, part, end);
    // where beta is 0 nothing was moved
    if (!source || !error || (part.overBeta && end.beta === 0)) return [];
    const scale = (part.scale * gate) / (part.overBeta ? end.beta * end.batch : end.batch);
    const block = ones ? ([0, 1] as const) : pathway.source.block;
    return [{ source, block, error, errorBlock: pathway.target.block, scale }];
  });
}

function pathwayTerms(pathway: Pathway, parts: readonly GradientPart[], end: TrialEnd): GradientTerm[] {
  const gate = end.gates.get(pathway.id) ?? pathway.gate;
  if (gate === 0 || !end.plastic(pathway.id)) return [];
  return partTerms(pathway, parts, end, gate);
}

/**
 * The gradient of plastic weights as the kernels take it: for adjoint propagation `gate z_source^T e_target / batch`,
 * summed over the pathways that share the weights; for a module's bias the mean of its error, for a readout's that of
 * its output error. Empty when nothing taught them.
 * @param parts the learning rule's
 * @see Liu et al. 2026, eq. S9
 */
export function gradientTerms(
  { pathways, biasOf }: PlasticWeights,
  parts: readonly GradientPart[],
  end: TrialEnd,
): GradientTerm[] {
  if (biasOf === null) return pathways.flatMap((pathway) => pathwayTerms(pathway, parts, end));
  if ("module" in biasOf) {
    const { module } = biasOf;
    return end.perturbed(module.target.name) ? partTerms(module, parts, end, 1, true) : [];
  }
  const error = end.readouts.has(biasOf.readout) ? end.signals.outputErrors.get(biasOf.readout) : undefined;
  if (!error) return [];
  return [{ source: "ones", block: [0, 1], error, errorBlock: [0, error.shape[1]], scale: 1 / end.batch }];
}

/**
 * The gradient of a recurrent matrix: that of a pathway from its module to itself, for adjoint propagation
 * `z^T e / batch`. Empty when the module had no error, or nothing perturbed it.
 * @param parts the learning rule's
 */
export const matrixTerms = (
  { module, pathway }: PlasticMatrix,
  parts: readonly GradientPart[],
  end: TrialEnd,
): GradientTerm[] => (end.perturbed(module) ? partTerms(pathway, parts, end, 1) : []);
