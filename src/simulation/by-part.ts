import { EddyError } from "../errors.js";
import { clientKinds } from "./interventions/perform.js";
import { oneOf, refuse } from "./interventions/ranges.js";
import { clockKinds } from "./pacing.js";
import type { Part, PartCommand } from "./part.js";

const noRecordings =
  "this simulation makes no recordings; start it with --recordings FOLDER (or the option recordings)";
const noTwins =
  "this simulation has no twins; eddy run and openLive have them, and a twin has none of its own";
const noAlarms = "this simulation sets no alarms, as a replay, which does what its journal says";

/** Why a simulation does not carry a command out for which it has no part, and what would. */
const missing: Readonly<Record<PartCommand["kind"], string>> = {
  checkpoint:
    "this simulation keeps no checkpoints; start it with --checkpoints FOLDER (or the option checkpoints)",
  record: noRecordings,
  stopRecording: noRecordings,
  alarm: noAlarms,
  disarm: noAlarms,
  branch: noTwins,
  endBranch: noTwins,
};

/** The part that carries a command out does so. @throws EddyError INVALID_ARGUMENT when there is none */
export function byPart(
  parts: readonly Part[],
  command: PartCommand,
): Promise<Record<string, string | number | boolean | null>> {
  for (const part of parts) {
    const result = part.command?.(command);
    if (result) return result;
  }
  const { kind } = command;
  if (Object.hasOwn(missing, kind)) throw new EddyError("INVALID_ARGUMENT", `${kind}: ${missing[kind]}`);
  throw refuse("kind", kind, oneOf([...clockKinds, ...clientKinds, ...Object.keys(missing)]));
}
