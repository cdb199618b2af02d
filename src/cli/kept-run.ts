import { EddyError } from "../errors.js";
import { openFrom } from "../simulation/checkpoints/open-from.js";
import type { CheckpointOptions } from "../simulation/open-options.js";
import { note } from "./terminal.js";

/** The options of a command that keeps checkpoints. */
export interface CheckpointArguments {
  readonly checkpoints?: string;
  readonly everyTicks?: number;
  readonly every?: number;
  readonly keep?: number;
}

const defaultEverySeconds = 60;

/**
 * Where checkpoints go, and when.
 * @returns undefined when none are wanted
 * @throws EddyError INVALID_ARGUMENT for a schedule without a folder
 */
export function checkpointOptions(options: CheckpointArguments): CheckpointOptions | undefined {
  const { checkpoints: folder, everyTicks, every: everySeconds, keep } = options;
  if (folder === undefined) {
    const [name] = Object.entries({ "--every-ticks": everyTicks, "--every": everySeconds, "--keep": keep })
      .filter(([, value]) => value !== undefined)
      .map(([option]) => option);
    if (name === undefined) return undefined;
    throw new EddyError("INVALID_ARGUMENT", `${name}: needed --checkpoints FOLDER beside it`);
  }
  const scheduled = everyTicks !== undefined || everySeconds !== undefined;
  return {
    folder,
    ...(everyTicks !== undefined && { everyTicks }),
    ...(everySeconds !== undefined && { everySeconds }),
    ...(!scheduled && { everySeconds: defaultEverySeconds }),
    ...(keep !== undefined && { keep }),
  };
}

/**
 * The run that a checkpoint is of; tells people where it goes on, and what was passed over.
 * @param from path of a checkpoint, or of a folder of them
 * @throws EddyError INVALID_ARGUMENT beside a run file, otherwise as reading the checkpoint
 */
export async function keptRun(from: string, file: string | undefined): Promise<unknown> {
  if (file !== undefined) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `given ${file} and --from ${from}; a checkpoint brings its own run: leave the file out`,
    );
  }
  const { path, checkpoint, passedOver } = await openFrom(from);
  for (const { reason } of passedOver) note(`passed over: ${reason}`);
  note(`goes on from ${path}, at tick ${checkpoint.snapshot.scalars.tick}`);
  return checkpoint.run;
}
