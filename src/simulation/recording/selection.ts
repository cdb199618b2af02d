import { EddyError } from "../../errors.js";
import { readJournal } from "./journal-lines.js";
import { type RecordedArrays, type RecordingDescription, readRecordingDescription } from "./run-folder.js";

/** What of a recording is exported. */
export interface Selection {
  /** absent: all of them */
  readonly topics?: readonly string[];
  /** the first and the last tick; absent: no limit */
  readonly from?: number;
  readonly to?: number;
}

/** A recording and what is wanted of it. */
export interface Selected {
  readonly folder: string;
  readonly arrays: readonly RecordedArrays[];
  readonly records: readonly string[];
  includes(tick: number): boolean;
}

function wanted(folder: string, { arrays, records }: RecordingDescription, topics: readonly string[]): void {
  const known = [...arrays.map(({ topic }) => topic), ...records];
  for (const topic of topics) {
    if (!known.includes(topic)) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `topics: ${folder} has no "${topic}"; it has ${known.join(", ") || "none"}`,
      );
    }
  }
}

/** @throws EddyError FILE_NOT_FOUND or FILE_INVALID for a folder that is no recording, INVALID_ARGUMENT for a topic it has not */
export async function select(folder: string, { topics, from, to }: Selection): Promise<Selected> {
  const description = await readRecordingDescription(folder);
  wanted(folder, description, topics ?? []);
  const chosen = (topic: string) => topics?.includes(topic) ?? true;
  return {
    folder,
    arrays: description.arrays.filter(({ topic }) => chosen(topic)),
    records: description.records.filter(chosen),
    includes: (tick) => tick >= (from ?? 0) && tick <= (to ?? Number.POSITIVE_INFINITY),
  };
}

/** A record of a topic, with its tick. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** The records that are wanted, by topic. */
export async function recordsOf({
  folder,
  records,
  includes,
}: Selected): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
  const byTopic = new Map<string, StoredRecord[]>(records.map((topic) => [topic, []]));
  if (byTopic.size === 0) return byTopic;
  for await (const entry of readJournal(folder)) {
    if (entry.kind === "record" && includes(entry.tick))
      byTopic.get(entry.topic)?.push({ tick: entry.tick, ...entry.value });
  }
  return byTopic;
}

/** All names of fields that any of the records has, in the order in which they came up. */
export const fieldsOf = (records: readonly StoredRecord[]): string[] => [
  ...new Set(records.flatMap((record) => Object.keys(record))),
];
