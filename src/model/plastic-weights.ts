import type { GradientTerm, Tensor } from "../kernels/kernels.js";
import type { GradientPart } from "./learning-rule.js";
import { biasName, byId, type Network, type Pathway } from "./network.js";
import { carried, type Signals } from "./signals.js";

/** Weights that learn, and what teaches them. */
export interface PlasticWeights {
  readonly name: string;
  /** plastic pathways that project through them; none for the bias of a readout */
  readonly pathways: readonly Pathway[];
  /** the readout whose bias they are */
  readonly biasOf: string | null;
}

/** All weights of a network that can learn. */
export function plasticWeights({ pathways, weights, readouts }: Network): PlasticWeights[] {
  const projecting = [...weights.keys()].map((name) => ({
    name,
    pathways: [...pathways.values()]
      .filter((pathway) => pathway.weights === name && pathway.plastic && !pathway.transposed)
      .sort(byId),
    biasOf: null,
  }));
  const biases = [...readouts.values()]
    .filter(({ bias }) => bias.plastic)
    .map(({ name }) => ({ name: biasName(name), pathways: [], biasOf: name }));
  return [...projecting.filter((plastic) => plastic.pathways.length > 0), ...biases];
}

/** What a trial left for plasticity. */
export interface TrialEnd {
  readonly signals: Signals;
  readonly batch: number;
  readonly gates: ReadonlyMap<string, number>;
  /** readouts that were taught in this trial */
  readonly readouts: ReadonlySet<string>;
  /** which pathways learn from it */
  readonly plastic: (pathway: string) => boolean;
}

function teacher(
  { kind, target }: Pathway,
  part: GradientPart,
  { signals, readouts }: TrialEnd,
): Tensor | undefined {
  if (kind === "readout")
    return readouts.has(target.name) ? signals.outputErrors.get(target.name) : undefined;
  switch (part.target) {
    case "error":
      return signals.errors.get(target.name);
    case "inference":
      return signals.held.get(target.name);
    case "learning":
      return signals.states.get(target.name);
  }
}

function pathwayTerms(pathway: Pathway, parts: readonly GradientPart[], end: TrialEnd): GradientTerm[] {
  const gate = end.gates.get(pathway.id) ?? pathway.gate;
  if (gate === 0 || !end.plastic(pathway.id)) return [];
  return parts.flatMap((part) => {
    const source = carried(pathway, part.source === "inference" ? "held" : "state", end.signals);
    const error = teacher(pathway, part, end);
    if (!source || !error) return [];
    const scale = (part.scale * gate) / end.batch;
    return [{ source, block: pathway.source.block, error, errorBlock: pathway.target.block, scale }];
  });
}

/**
 * The gradient of plastic weights as the kernels take it: for adjoint propagation `gate z_source^T e_target / batch`,
 * summed over the pathways that share the weights; for a readout's bias its mean output error. Empty when nothing
 * taught them.
 * @param parts the learning rule's
 * @see Liu et al. 2026, eq. S9
 */
export function gradientTerms(
  { pathways, biasOf }: PlasticWeights,
  parts: readonly GradientPart[],
  end: TrialEnd,
): GradientTerm[] {
  if (biasOf === null) return pathways.flatMap((pathway) => pathwayTerms(pathway, parts, end));
  const error = end.readouts.has(biasOf) ? end.signals.outputErrors.get(biasOf) : undefined;
  if (!error) return [];
  return [{ source: "ones", block: [0, 1], error, errorBlock: [0, error.shape[1]], scale: 1 / end.batch }];
}
