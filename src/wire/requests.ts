import { z } from "zod";
import { commandSchema } from "./commands.js";
import { countSchema, nameSchema, unitsSchema } from "./description.js";
import { readOnly } from "./read-only.js";

/** Chosen by the client; the one reply (or error) to a request carries it back. */
export const requestIdSchema = countSchema;
/** A channel: one topic with one set of options. Data frames name it. */
export const channelSchema = z.number().int().nonnegative().max(0xffffffff);

/** The first message of every connection; programs that sent a bearer header leave `auth` out. */
export const helloSchema = z.strictObject({
  op: z.literal("hello"),
  v: z.number().int().min(0).max(1000),
  auth: z.string().max(512).optional(),
  /**
   * goes on with the channels of a connection that broke, at most `limits.subscriptionsMax` of them and within a minute;
   * `resumed` of the welcome says which do go on
   */
  resume: z
    .strictObject({
      epoch: z.string().max(100),
      /** by channel: `seq` of the last frame that came; the next one's less one where none has */
      channels: readOnly(
        z.array(z.strictObject({ channel: channelSchema, seq: z.number().int().min(-1) })).max(1024),
      ),
    })
    .optional(),
});
/** A valid `hello`. */
export type Hello = z.infer<typeof helloSchema>;

export const rowSchema = z.union([countSchema, z.literal("mean")]);

const rangeSchema = readOnly(z.tuple([z.number(), z.number()]));

/** What a subscriber gets in place of the chosen units: projections, a histogram, or a byte for each. */
export const reductionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("components"), count: z.number().int().min(1).max(16) }),
  z.strictObject({
    kind: z.literal("histogram"),
    bins: z.number().int().min(1).max(4096),
    range: rangeSchema,
  }),
  z.strictObject({ kind: z.literal("bytes"), range: rangeSchema }),
]);

/** Ticks of the recent past, up to `end`, or up to now where that is absent. */
export const windowSchema = z.strictObject({
  ticks: z.number().int().min(1).max(100_000),
  end: countSchema.optional(),
});

export const deliverySchema = z.enum(["conflated", "lossless"]);

/** Subscribes to a topic; without options every tick, all units, and the row that the simulation shows by default. */
export const subSchema = z.strictObject({
  op: z.literal("sub"),
  id: requestIdSchema,
  topic: nameSchema,
  /** every n-th tick; 1 for records */
  every: z.number().int().min(1).max(1_000_000).optional(),
  /** at most so many frames a second */
  hzMax: z.number().min(0.001).max(100_000).optional(),
  units: unitsSchema.optional(),
  row: rowSchema.optional(),
  reduce: reductionSchema.optional(),
  /** of lanes alone */
  window: windowSchema.optional(),
  /** default: lossless for errors and records, conflated for everything else; events and requests to a world have no other */
  delivery: deliverySchema.optional(),
});
/** A request to subscribe to a topic. */
export type Sub = z.infer<typeof subSchema>;

/** Ends the subscription that a channel belongs to. */
export const unsubSchema = z.strictObject({
  op: z.literal("unsub"),
  id: requestIdSchema,
  channel: channelSchema,
});
/** A request to end a subscription. */
export type Unsub = z.infer<typeof unsubSchema>;

/** Acknowledges all frames of a channel up to `seq`. Without an id there is no reply, which is how to send it. */
export const ackSchema = z.strictObject({
  op: z.literal("ack"),
  id: requestIdSchema.optional(),
  channel: channelSchema,
  seq: countSchema,
});
/** What tells the server which frames have come. */
export type Ack = z.infer<typeof ackSchema>;

/** Changes the simulation. A command sent again with the same `key` is not applied again: its first reply is repeated. */
export const cmdSchema = z.strictObject({
  op: z.literal("cmd"),
  id: requestIdSchema,
  key: z.string().min(1).max(100).optional(),
  /** the twin that it is for */
  branch: nameSchema.optional(),
  command: commandSchema,
});
/** A request to change the simulation. */
export type Cmd = z.infer<typeof cmdSchema>;

/** Asks for the simulation's tick. */
export const pingSchema = z.strictObject({ op: z.literal("ping"), id: requestIdSchema });
/** A request for the simulation's tick. */
export type Ping = z.infer<typeof pingSchema>;

/** All that a client may send after `hello`. */
export const requestSchema = z.discriminatedUnion("op", [
  subSchema,
  unsubSchema,
  ackSchema,
  cmdSchema,
  pingSchema,
]);
/** A message of a client after `hello`. */
export type Request = z.infer<typeof requestSchema>;
