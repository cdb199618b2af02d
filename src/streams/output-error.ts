import { EMPTY, map, mergeMap, type OperatorFunction, of, pipe } from "rxjs";
import type { Kernels } from "../kernels/kernels.js";
import type { OutputErrorEvent, OutputEvent } from "./events.js";
import type { NetworkState } from "./network-state.js";

/**
 * The output error `output - target` of every output for which the state has a target. The error belongs to whoever
 * takes it from the event, as a rule the tick-boundary queue. Emits at most once for each output, completes and errs
 * with its source.
 * @see Liu et al. 2026, after eq. S3
 */
export function outputError(
  kernels: Kernels,
  state: NetworkState,
): OperatorFunction<OutputEvent, OutputErrorEvent> {
  return pipe(
    mergeMap((event: OutputEvent) => {
      const target = state.targets.get(event.readout);
      return target ? of({ event, target }) : EMPTY;
    }),
    map(({ event: { tick, readout, output }, target }) => ({
      kind: "outputError",
      tick,
      readout,
      error: kernels.difference(output, target),
    })),
  );
}
