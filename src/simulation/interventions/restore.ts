import type { Intervention } from "../command.js";
import { resolveRun } from "../run-description.js";
import { checkSameRun } from "../same-run.js";
import { restoreState } from "../state-snapshot.js";
import type { Place } from "./place.js";

/**
 * Goes on from a checkpoint: all that it holds comes back, its tick too.
 * @throws EddyError INVALID_ARGUMENT, as a rejection, when there is none of this name; CHECKPOINT_MISMATCH when it is
 *   another run's
 */
export async function restore(
  place: Place,
  { checkpoint }: Extract<Intervention, { kind: "restore" }>,
): Promise<void> {
  const { run, snapshot } = await place.checkpoint(checkpoint);
  const { network } = place.run;
  checkSameRun(place.run, resolveRun(run, new Set(network.tasks.keys())), checkpoint);
  place.replace(restoreState(place.kernels, network, snapshot), `restored from ${checkpoint}`);
}
