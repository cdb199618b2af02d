import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { EddyError } from "../errors.js";
import type { RecordedTopic } from "../simulation/command.js";
import type { RecordingOptions } from "../simulation/open-options.js";
import { checkRecordingName } from "../simulation/recording/recordings.js";
import type { Simulation } from "../simulation/simulation.js";

/** What the command line says of a recording. */
export interface RecordingFlags {
  readonly topics?: readonly string[];
  readonly recordEvery?: number;
  readonly hashes?: "phases" | "ticks";
  readonly maxBytes?: number;
  readonly minFree?: number;
}

const everyDefault = 10;
const units: Readonly<Record<string, number>> = {
  "": 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A number of bytes, as 1GiB. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^([0-9]+(?:\.[0-9]+)?) ?((?:[KMGT]iB)?)$/.exec(text) ?? [];
  const value = Math.round(Number(number) * (units[unit ?? ""] ?? Number.NaN));
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Needed a number of bytes, as 500MiB or 1GiB.");
}

/** Names with commas between them. */
export const parseTopics = (text: string): string[] => text.split(",").map((topic) => topic.trim());

const limitsOf = ({ maxBytes, minFree }: RecordingFlags): Omit<RecordingOptions, "folder"> => ({
  ...(maxBytes !== undefined && { bytesMax: maxBytes }),
  ...(minFree !== undefined && { freeBytesMin: minFree }),
});

/** Where recordings go that clients ask for. */
export const recordingsPlace = (folder: string, flags: RecordingFlags): RecordingOptions => ({
  folder: resolve(folder),
  ...limitsOf(flags),
});

/**
 * Where a recording goes: the last part of its path is its name.
 * @throws EddyError INVALID_ARGUMENT for a name that is none, FILE_EXISTS when it is there already
 */
export function recordingPlace(out: string, flags: RecordingFlags): RecordingOptions {
  const path = resolve(out);
  checkRecordingName(basename(path));
  if (existsSync(path))
    throw new EddyError("FILE_EXISTS", `${out} exists; choose another folder for the recording`);
  return recordingsPlace(dirname(path), flags);
}

/** What is recorded: the topics named, or all states, and how the tasks do, and events. */
function recordedTopics(
  { topics }: Simulation,
  { topics: named, recordEvery }: RecordingFlags,
): RecordedTopic[] {
  const chosen =
    named ??
    topics
      .map(({ topic }) => topic)
      .filter((topic) => topic.startsWith("state/") || topic.startsWith("metrics/") || topic === "events");
  return chosen.map((topic) => {
    const record = topics.find((known) => known.topic === topic)?.payload === "record";
    return { topic, every: record ? 1 : (recordEvery ?? everyDefault) };
  });
}

/** Begins to record. @throws EddyError (as a rejection) INVALID_ARGUMENT for a topic that there is not, NO_SPACE */
export async function startRecording(
  simulation: Simulation,
  out: string,
  flags: RecordingFlags,
): Promise<void> {
  await simulation.command({
    kind: "record",
    name: basename(resolve(out)),
    topics: recordedTopics(simulation, flags),
    hashes: flags.hashes ?? "phases",
  });
}
