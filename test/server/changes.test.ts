import { describe, expect, it } from "vitest";
import { closeCodes, type ServerMessage, type TopicsMessage } from "../../src/wire/index.js";
import { running } from "./running.js";

describe("topics that come while it runs", () => {
  it("are told to all clients, and can be subscribed to at once", async () => {
    const { client, simulation } = await running({ limits: { heartbeatMs: 20 } });
    const [first, second] = [await client(), await client()];
    const topics = [...simulation.topics, { topic: "twin:state/m1", payload: "tensor", units: 16 } as const];
    simulation.topics = topics;
    await first.subscribe("twin:state/m1");
    const isTopics = (message: ServerMessage): message is TopicsMessage =>
      !Array.isArray(message) && message.op === "topics";
    for (const one of [first, second]) expect(await one.next(isTopics)).toEqual({ op: "topics", topics });
    expect(first.received.filter(isTopics)).toHaveLength(1);
  });
});

describe("a new epoch", () => {
  it("ends what was watched before its first frame, though that is of the tick of the last one", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    await watcher.subscribe("events");
    simulation.emitRecord("events", { kind: "phase" });
    simulation.beginEpoch("epoch-2");
    simulation.emitRecord("events", { kind: "epoch" });
    expect((await watcher.closed).code).toBe(closeCodes.resync);
    expect(watcher.received.flatMap((one) => (Array.isArray(one) ? [one[4]] : []))).toEqual([
      { kind: "phase" },
    ]);
  });
});
