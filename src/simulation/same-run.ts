import { EddyError } from "../errors.js";
import { describeRun, type Run } from "./run-description.js";

/** Every leaf of a value by its path. */
function leaves(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value))
      leaves(inner, path === "" ? key : `${path}.${key}`, into);
  } else {
    into.set(path, JSON.stringify(value));
  }
  return into;
}

/** What may differ: names, what axes show, and how long to train. */
const free = new Set(["name", "network.name", "tickMs", "schedule.epochs"]);

/**
 * Checks that a checkpoint was written by the run that is to go on.
 * @throws EddyError CHECKPOINT_MISMATCH that names the first field in which they differ
 */
export function checkSameRun(run: Run, stored: Run, checkpoint: string): void {
  // of tasks one after the other, the epochs say which one is taught when
  const sequential = run.schedule.kind === "phased" && run.schedule.tasks === "sequential";
  const given = leaves(describeRun(run), "", new Map());
  const kept = leaves(describeRun(stored), "", new Map());
  for (const path of new Set([...given.keys(), ...kept.keys()])) {
    const mayDiffer = free.has(path) && !(sequential && path === "schedule.epochs");
    if (mayDiffer || given.get(path) === kept.get(path)) continue;
    throw new EddyError(
      "CHECKPOINT_MISMATCH",
      `checkpoint ${checkpoint}: of another run: ${path} is ${kept.get(path) ?? "absent"} there and ${given.get(path) ?? "absent"} here; resume it without other settings, or start anew`,
    );
  }
}
