import { EMPTY, mergeMap, type OperatorFunction, of } from "rxjs";
import type { GradientTerm, Kernels, Tensor } from "../kernels/kernels.js";
import { biasName, byId, type Network, type Pathway } from "../model/network.js";
import { optimiserStep } from "../model/optimiser.js";
import { carried } from "../model/signals.js";
import type { UpdateEvent } from "./events.js";
import type { PhaseEnd } from "./phase-end.js";

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

/** The error that teaches a pathway: that of its readout, in a trial of its own, or of its target module. */
function taughtBy({ kind, target }: Pathway, { state, readouts }: PhaseEnd): Tensor | undefined {
  if (kind !== "readout") return state.errors.get(target.name);
  return readouts.has(target.name) ? state.outputErrors.get(target.name) : undefined;
}

function gradientTerms({ pathways, biasOf }: PlasticWeights, end: PhaseEnd): GradientTerm[] {
  const { state } = end;
  if (biasOf !== null) {
    const error = end.readouts.has(biasOf) ? state.outputErrors.get(biasOf) : undefined;
    return error
      ? [{ source: "ones", block: [0, 1], error, errorBlock: [0, error.shape[1]], scale: 1 / state.batch }]
      : [];
  }
  return pathways.flatMap((pathway) => {
    const gate = state.gates.get(pathway.id) ?? pathway.gate;
    if (gate === 0 || !end.plastic(pathway.id)) return [];
    const source = carried(pathway, "held", state);
    const error = taughtBy(pathway, end);
    if (!source || !error) return [];
    return [
      {
        source,
        block: pathway.source.block,
        error,
        errorBlock: pathway.target.block,
        scale: gate / state.batch,
      },
    ];
  });
}

/**
 * Plasticity: when a learning phase ends, weights change by the gradient `z_source^T e_target / batch`, through the
 * optimiser. Weights of which no open, plastic pathway was taught stay as they are, and so does what their optimiser
 * remembers. Emits once for each change, completes and errs with its source.
 * @see Liu et al. 2026, eq. S9
 */
export const plasticity = (
  kernels: Kernels,
  plastic: PlasticWeights,
  keepGradient = false,
): OperatorFunction<PhaseEnd, UpdateEvent> =>
  mergeMap((end) => {
    const { state } = end;
    const learned = state.parameters.learned.get(plastic.name);
    if (end.phase !== "learning" || !learned) return EMPTY;
    const terms = gradientTerms(plastic, end);
    if (terms.length === 0) return EMPTY;
    learned.steps += 1;
    const optimiser = optimiserStep(state.optimiser, learned.steps);
    const { weights, moments, gradient } = kernels.learn({ ...learned, terms, optimiser, keepGradient });
    learned.weights = weights;
    learned.moments = moments;
    return of({ kind: "update" as const, tick: end.tick, weights: plastic.name, value: weights, gradient });
  });
