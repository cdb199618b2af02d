import type { Command } from "commander";
import { type ReplayResult, replayRecording } from "../simulation/recording/replay.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { whole } from "./options.js";
import { note, print, printJson, progress } from "./terminal.js";

interface Options {
  readonly from?: number;
  readonly backend?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** A number of things, as "1 tick", "2 ticks". */
const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function resultText({ ticks, hashes, interventions, exact, difference }: ReplayResult): string {
  const made = `${counted(ticks, "tick")}, ${counted(interventions, "intervention")}`;
  if (!difference)
    return `${made}, ${counted(hashes, "hash", "hashes")} ${exact ? "equal" : "equal within the tolerance"}`;
  const { tick, what, name, recorded, replayed } = difference;
  const place = what === "weights" ? `the weights ${name}` : `the ${what} of module ${name}`;
  const shown = (value: typeof recorded) => (value ? `${value[0]} (mean |x| ${value[1]})` : "none");
  return `differs after tick ${tick}, in ${place}: recorded ${shown(recorded)}, replayed ${shown(replayed)}`;
}

/** How the recording ended, where that needs a word. */
function endText({ ended, cut }: ReplayResult): string | null {
  if (cut) return `the journal ends early: line ${cut.line} ${cut.reason}; what is before it was replayed`;
  return ended === null ? "the recording did not come to its end; all that is there was replayed" : null;
}

async function replay(folder: string, { json, ...options }: Options): Promise<void> {
  const { signal, release } = interruption();
  let bar: ReturnType<typeof progress> | null = null;
  const result = await replayRecording(folder, {
    ...options,
    signal,
    progress(made, of) {
      bar ??= progress(of, 0, !json);
      bar.update(made, `tick ${made} of ${of}`);
    },
  }).finally(() => {
    bar?.stop();
    release();
  });
  if (json) printJson({ ...result, interrupted: signal.aborted });
  else {
    print(resultText(result));
    const end = endText(result);
    if (end && !result.difference && !signal.aborted) note(end);
  }
  if (result.difference) process.exitCode = exitCodes.failed;
  else if (signal.aborted) process.exitCode = exitCodes.interrupted;
}

/** Adds `eddy replay`. */
export function addReplay(program: Command): void {
  program
    .command("replay")
    .description(
      "makes a recorded run again, interventions included, and checks that every state is the same",
    )
    .argument("<run>", "folder of the recording")
    .option(
      "--from <tick>",
      "begin at the nearest checkpoint at or before this tick (default: at the beginning)",
      whole(0),
    )
    .option("--backend <name>", "backend to compute on (default: that of the recording)")
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("--json", "one JSON object")
    .action(replay);
}
