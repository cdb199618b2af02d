import { describe, expect, it } from "vitest";
import type { ServerMessage, TopicsMessage } from "../../src/wire/index.js";
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
