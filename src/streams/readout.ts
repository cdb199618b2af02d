import { filter, map, type OperatorFunction, pipe } from "rxjs";
import type { DriveTerm, Kernels, Tensor } from "../kernels/kernels.js";
import { biasName, byId, type Network, type Pathway, type Readout } from "../model/network.js";
import { gated, project } from "../model/projection.js";
import type { OutputEvent } from "./events.js";
import { type NetworkState, put } from "./network-state.js";
import type { PhaseEnd } from "./phase-end.js";

/** The pathways that end in a readout. */
export const readoutPathways = ({ pathways }: Network, readout: string): Pathway[] =>
  [...pathways.values()].filter(({ kind, target }) => kind === "readout" && target.name === readout);

function terms(pathways: readonly Pathway[], state: NetworkState): DriveTerm[] {
  const projected = pathways.map((pathway) =>
    gated(project(pathway, "state", state), state.gates.get(pathway.id) ?? pathway.gate),
  );
  return projected.filter((term) => term !== null);
}

/**
 * What a readout answers to the states that are published: `nonlinearity(sum of h W + b)`.
 * @param pathways what ends in it, by their ids
 * @returns [batch, size], owned by the caller
 */
export const answer = (
  kernels: Kernels,
  { name, size, nonlinearity }: Readout,
  pathways: readonly Pathway[],
  state: NetworkState,
): Tensor =>
  kernels.readout({
    batch: state.batch,
    size,
    terms: terms(pathways, state),
    bias: state.parameters.learned.get(biasName(name))?.weights,
    nonlinearity,
  });

/**
 * A readout: when an inference phase that asks for it ends, answers `nonlinearity(sum of h W + b)`. The output belongs
 * to the state. Emits once for each such end, completes and errs with its source.
 * @see Liu et al. 2026, eq. S3
 */
export function readout(
  kernels: Kernels,
  spec: Readout,
  pathways: readonly Pathway[],
): OperatorFunction<PhaseEnd, OutputEvent> {
  const ordered = [...pathways].sort(byId);
  return pipe(
    filter(({ phase, readouts }: PhaseEnd) => phase === "inference" && readouts.has(spec.name)),
    map(({ state, tick, trial }) => {
      const output = answer(kernels, spec, ordered, state);
      put(kernels, state.outputs, spec.name, output);
      return { kind: "output", tick, readout: spec.name, trial, output };
    }),
  );
}
