import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { readRequest } from "../../src/server/received.js";
import { commandSchema, decode, encode } from "../../src/wire/index.js";
import { running } from "./running.js";

// Not the project's own encoder, so that it also says what that would refuse to.
const packr = new Packr({ useRecords: false });

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, -1),
);
const text = fc.oneof(
  fc.string(),
  fc.constantFrom("state/m1", "error/m1", "events", "metrics/gabor", "in->m1", "m1", "mean", "__proto__"),
);
const anything = fc.oneof(
  number,
  text,
  fc.boolean(),
  fc.constant(null),
  fc.object({ maxDepth: 3 }),
  fc.array(number),
);

/** Messages that look like requests, nearly all of them wrong somewhere. */
const wrongRequest = fc.record(
  {
    op: fc.oneof(fc.constantFrom("sub", "unsub", "ack", "cmd", "ping", "hello", "welcome"), anything),
    id: fc.oneof(fc.nat(), anything),
    topic: fc.oneof(text, anything),
    every: fc.oneof(number, anything),
    units: fc.oneof(fc.record({ start: number, end: number, every: number }, { requiredKeys: [] }), anything),
    row: anything,
    channel: fc.oneof(fc.nat(5), anything),
    seq: fc.oneof(fc.nat(), anything),
    key: anything,
    command: fc.oneof(
      fc.record(
        {
          kind: fc.oneof(
            fc.constantFrom("pause", "step", "speed", "gate", "learningRate", "spectralRadius"),
            text,
          ),
          ticks: fc.oneof(fc.integer({ min: 1_000_001 }), number),
          ticksPerSecond: anything,
          pathway: text,
          gate: anything,
          module: text,
          value: anything,
        },
        { requiredKeys: ["kind"] },
      ),
      anything,
    ),
  },
  { requiredKeys: [] },
);

const validRequest = fc.constantFrom<Record<string, unknown>>(
  { op: "sub", id: 1, topic: "state/m1", every: 2, units: { start: 0, end: 4, every: 1 }, row: "mean" },
  { op: "unsub", id: 2, channel: 1 },
  { op: "ack", channel: 1, seq: 7 },
  { op: "cmd", id: 3, key: "k", command: { kind: "gate", pathway: "in->m1", gate: 0.5 } },
  { op: "ping", id: 4 },
);

/** A valid request's bytes with some of them changed. */
const damagedRequest = fc
  .tuple(validRequest, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([request, changes]) => {
    const bytes = Uint8Array.from(encode(request));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });

const bytesOfAnyKind = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  damagedRequest,
  wrongRequest.map((message) => Uint8Array.from(packr.pack(message))),
);

describe("whatever is received", () => {
  it("is read as a request or refused with a reason of one line", () => {
    fc.assert(
      fc.property(bytesOfAnyKind, (bytes) => {
        let message: unknown;
        try {
          message = decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EddyError);
          return;
        }
        const received = readRequest(message);
        if (!received.request) expect(received.reason).toMatch(/^.{1,300}$/s);
        else if (received.request.op === "cmd")
          expect(commandSchema.parse(received.request.command)).toBeDefined();
      }),
      { numRuns: 20_000 },
    );
  });

  it("leaves the server and its other clients as they are", { timeout: 120_000 }, async () => {
    const { client, simulation, reported } = await running();
    const healthy = await client();
    let attacker = await client();
    await fc.assert(
      fc.asyncProperty(bytesOfAnyKind, async (bytes) => {
        if (attacker.socket.readyState !== attacker.socket.OPEN) attacker = await client();
        attacker.sendBytes(bytes);
        // An answer, or the end of the connection: both say that the bytes have been dealt with.
        await Promise.race([attacker.request({ op: "ping" }).catch(() => {}), attacker.closed]);
      }),
      { numRuns: 1000 },
    );
    expect(reported).toEqual([]);
    for (const command of simulation.applied) expect(commandSchema.safeParse(command).success).toBe(true);
    const { channel } = await healthy.subscribe("state/m1");
    simulation.tick();
    expect(await healthy.frames(channel, 1)).toHaveLength(1);
  });
});
