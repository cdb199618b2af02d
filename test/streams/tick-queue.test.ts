import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type QueuedEvent, tickQueue } from "../../src/streams/tick-queue.js";
import { tickFixture } from "./tick-fixture.js";

const drained = (queue: ReturnType<typeof tickQueue>): QueuedEvent[] => {
  const events: QueuedEvent[] = [];
  queue.drain((event) => events.push(event));
  return events;
};

const { row } = tickFixture();
const tensor = row(1);

/** Events without tensors of their own: the queue only hands them on. */
const event: fc.Arbitrary<QueuedEvent> = fc.oneof(
  fc.record({ kind: fc.constant("gate" as const), key: fc.constantFrom("a", "b"), gate: fc.double() }),
  fc.record({
    kind: fc.constantFrom("learningRate" as const, "beta" as const),
    key: fc.constant("" as const),
    value: fc.double(),
  }),
  fc.record({
    kind: fc.constant("spectralRadius" as const),
    key: fc.constantFrom("m1", "m2"),
    value: fc.double(),
  }),
  fc.record({
    kind: fc.constant("outputError" as const),
    key: fc.constantFrom("out1", "out2"),
    error: fc.constant(tensor),
  }),
  fc.record({
    kind: fc.constant("stimulus" as const),
    key: fc.constantFrom("t1", "t2"),
    input: fc.constant(tensor),
    target: fc.constant(null),
  }),
);

/** What each source sends, and two ways in which it may interleave. */
const interleavings = fc
  .array(fc.record({ source: fc.constantFrom("door", "client 1", "client 2"), event }), { maxLength: 20 })
  .chain((sent) =>
    fc.record({
      sent: fc.constant(sent),
      turns: fc.shuffledSubarray(
        sent.map((_, i) => i),
        { minLength: sent.length, maxLength: sent.length },
      ),
    }),
  )
  .map(({ sent, turns }) => {
    const left = new Map<string, QueuedEvent[]>();
    for (const { source, event } of sent) left.set(source, [...(left.get(source) ?? []), event]);
    const other = turns.map((turn) => {
      const { source } = sent[turn];
      return { source, event: left.get(source)?.shift() as QueuedEvent };
    });
    return { sent, other };
  });

describe("tickQueue", () => {
  it("hands out settings before what they act on, errors before stimuli", () => {
    const queue = tickQueue();
    const events: QueuedEvent[] = [
      { kind: "stimulus", key: "t1", input: tensor, target: null },
      { kind: "outputError", key: "out", error: tensor },
      { kind: "gate", key: "p", gate: 1 },
      { kind: "spectralRadius", key: "m1", value: 1 },
      { kind: "beta", key: "", value: 1 },
      { kind: "learningRate", key: "", value: 1 },
    ];
    for (const event of events) queue.push(event);
    expect(queue.length).toBe(6);
    expect(drained(queue)).toEqual([...events].reverse());
    expect(queue.length).toBe(0);
    expect(drained(queue)).toEqual([]);
  });

  it("keeps the order of one source, so its last word counts", () => {
    const queue = tickQueue();
    for (const gate of [0.1, 0.2, 0.3]) queue.push({ kind: "gate", key: "p", gate }, "client");
    expect(drained(queue).map((event) => event.kind === "gate" && event.gate)).toEqual([0.1, 0.2, 0.3]);
  });

  it("runs to completion: what is pushed while it is worked off waits", () => {
    const queue = tickQueue();
    const beta = (value: number): QueuedEvent => ({ kind: "beta", key: "", value });
    queue.push(beta(1));
    const seen: number[] = [];
    queue.drain((event) => {
      if (event.kind === "beta") seen.push(event.value);
      queue.push(beta(seen.length + 1));
    });
    expect([seen, queue.length]).toEqual([[1], 1]);
    expect(drained(queue)).toEqual([beta(2)]);
  });

  it("keeps what follows an event that fails, so that its tensors can be freed", () => {
    const queue = tickQueue();
    for (const gate of [1, 2, 3]) queue.push({ kind: "gate", key: "p", gate });
    expect(() =>
      queue.drain((event) => {
        if (event.kind === "gate" && event.gate === 2) throw new Error("refused");
      }),
    ).toThrow("refused");
    expect(drained(queue)).toEqual([{ kind: "gate", key: "p", gate: 3 }]);
  });

  it("keeps only the latest stimulus of a source for a task, and returns the one before", () => {
    const queue = tickQueue();
    const stimulus = (key: string): QueuedEvent => ({ kind: "stimulus", key, input: tensor, target: null });
    const [first, second, other] = [stimulus("t1"), stimulus("t1"), stimulus("t2")];
    expect(queue.push(first)).toBeNull();
    expect(queue.push(other)).toBeNull();
    expect(queue.push(second)).toBe(first);
    expect(drained(queue)).toEqual([second, other]);
  });

  it("neither loses nor doubles an event, and how sources interleave does not show", () => {
    fc.assert(
      fc.property(interleavings, ({ sent, other }) => {
        const orders = [sent, other].map((order) => {
          const queue = tickQueue();
          const displaced = order.flatMap(({ source, event }) => queue.push(event, source) ?? []);
          return { displaced, handedOut: drained(queue) };
        });
        expect(orders[1].handedOut).toEqual(orders[0].handedOut);
        for (const { displaced, handedOut } of orders) {
          expect(new Set([...displaced, ...handedOut])).toEqual(new Set(sent.map(({ event }) => event)));
          expect(displaced.length + handedOut.length).toBe(sent.length);
          expect(displaced.every(({ kind }) => kind === "stimulus")).toBe(true);
        }
      }),
    );
  });
});
