import { filter, map, type OperatorFunction, pipe } from "rxjs";
import type { Tensor } from "../kernels/kernels.js";
import type { ErrorEvent, StateEvent } from "./events.js";
import type { NetworkState } from "./network-state.js";

/**
 * The errors of a module while it is perturbed: emits after each of its states for which the boundary published an
 * error, completes and errs with its source.
 * @see Liu et al. 2026, eq. S6
 */
export const moduleError = (state: NetworkState): OperatorFunction<StateEvent, ErrorEvent> =>
  pipe(
    filter(({ module }: StateEvent) => state.errors.has(module)),
    map(({ tick, module }) => ({
      kind: "error" as const,
      tick,
      module,
      error: state.errors.get(module) as Tensor,
    })),
  );
