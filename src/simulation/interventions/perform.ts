import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { oneOf, refuse } from "./ranges.js";
import { settingEvent } from "./settings.js";

/** Kinds of interventions, for the refusal of any other. */
export const interventionKinds: ReadonlySet<string> = new Set<Intervention["kind"]>([
  "gate",
  "learningRate",
  "beta",
  "spectralRadius",
]);

/**
 * Carries an intervention out, between two ticks. Checks everything before it changes anything: an intervention that is
 * refused leaves the state as it was, to the bit.
 * @throws EddyError INVALID_ARGUMENT, as a rejection where it takes its time
 */
export function perform(place: Place, command: Intervention): Promise<void> | void {
  const { net } = place;
  switch (command.kind) {
    case "gate":
    case "learningRate":
    case "beta":
    case "spectralRadius":
      net.queue.push(settingEvent(net.network, command));
      net.drain();
      return;
    default:
      throw refuse("kind", Reflect.get(command, "kind"), oneOf(interventionKinds));
  }
}
