import { z } from "zod";

const count = z.int().min(0);
const storedFingerprint = z.tuple([z.string().regex(/^[0-9a-f]{8}$/), z.number().nullable()]).readonly();

const stateHash = {
  modules: z.record(
    z.string(),
    z.strictObject({ state: storedFingerprint, error: storedFingerprint.nullable() }),
  ),
  weights: z.record(z.string(), storedFingerprint),
};

/** Float32 values within an intervention, as base64 of their little-endian bytes. */
export const float32Schema = z.strictObject({ float32: z.string() });

/** A line of a journal. Lines stand in the order in which things happened; ticks go back only with a restore. */
export const journalEntrySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("begin"), tick: count, epoch: z.string() }),
  /** applied before this tick; a restore's checkpoint is `stored` in the recording */
  z.strictObject({
    kind: z.literal("intervention"),
    tick: count,
    seq: count,
    by: z.enum(["client", "guard", "replay"]),
    command: z.record(z.string(), z.unknown()),
    stored: z.string().optional(),
  }),
  /** of the state after so many ticks */
  z.strictObject({ kind: z.literal("hash"), tick: count, ...stateHash }),
  /** a checkpoint of this moment, among the recording's own */
  z.strictObject({ kind: z.literal("checkpoint"), tick: count, name: z.string() }),
  /** a new epoch begins */
  z.strictObject({ kind: z.literal("epoch"), tick: count, epoch: z.string(), reason: z.string() }),
  /** of a topic of records */
  z.strictObject({
    kind: z.literal("record"),
    topic: z.string(),
    tick: count,
    value: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ kind: z.literal("end"), tick: count, reason: z.string() }),
]);

/** A line of a journal. */
export type JournalEntry = z.output<typeof journalEntrySchema>;
