import type { Intervention } from "../command.js";
import { inject, setNoise } from "./entering.js";
import { lesion } from "./lesion.js";
import { injectOutputError } from "./output-error.js";
import { changeParameter } from "./parameter.js";
import type { Place } from "./place.js";
import { quiet } from "./quiet.js";
import { oneOf, refuse } from "./ranges.js";
import { reset } from "./reset.js";
import { restore } from "./restore.js";
import { settingEvent } from "./settings.js";
import { presentStimulus } from "./stimulus.js";

/** Kinds of interventions. */
export const interventionKinds: ReadonlySet<string> = new Set<Intervention["kind"]>([
  "gate",
  "learningRate",
  "beta",
  "spectralRadius",
  "parameter",
  "noise",
  "drive",
  "stimulus",
  "outputError",
  "lesion",
  "quiet",
  "reset",
  "restore",
]);

/** Those that clients may ask for, for the refusal of any other: only the guard makes units quiet. */
export const clientKinds: readonly string[] = [...interventionKinds].filter((kind) => kind !== "quiet");

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
    case "parameter":
      return changeParameter(place, command);
    case "noise":
      return setNoise(place, command);
    case "drive":
      return inject(place, command);
    case "stimulus":
      return presentStimulus(place, command);
    case "outputError":
      return injectOutputError(place, command);
    case "lesion":
      return lesion(place, command);
    case "quiet":
      return quiet(place, command);
    case "reset":
      return reset(place, command);
    case "restore":
      return restore(place, command);
    default:
      throw refuse("kind", Reflect.get(command, "kind"), oneOf(clientKinds));
  }
}
