import { describe, expect, it } from "vitest";
import { deliveringOf } from "../../src/server/delivery.js";
import { closeCodes } from "../../src/wire/index.js";
import { running } from "./running.js";

const of = (topic: string, asked?: "conflated" | "lossless") =>
  deliveringOf({ topic, payload: "tensor" }, asked);

describe("delivery", () => {
  it.each([
    ["state/m1", "conflated"],
    ["weights/m1->m2", "conflated"],
    ["drive/m1", "conflated"],
    ["output/out", "conflated"],
    ["lanes", "conflated"],
    ["error/m1", "lossless"],
    ["metrics/gabor", "lossless"],
    ["events", "lossless"],
    ["world/gabor", "lossless"],
    ["twin:error/m1", "lossless"],
    ["twin:state/m1", "conflated"],
    ["difference:twin/error/m1", "conflated"],
  ])("of %s is %s", (topic, delivery) => {
    expect(of(topic).delivery).toBe(delivery);
  });

  it("is what the subscriber asks for, but of what none may be missing", () => {
    expect(of("error/m1", "conflated").delivery).toBe("conflated");
    expect(of("state/m1", "lossless")).toMatchObject({
      delivery: "lossless",
      overflow: { code: closeCodes.resync },
    });
    for (const topic of ["events", "twin:events", "world/gabor"]) {
      expect(() => of(topic, "conflated")).toThrow(/^delivery: "conflated" is not for topic/);
      expect(of(topic).overflow.code).toBe(closeCodes.slow);
    }
  });

  it("is told in the reply, and is a channel of its own", async () => {
    const { client, simulation } = await running({ limits: { unacknowledgedFramesMax: 2 } });
    const watcher = await client();
    const latest = await watcher.subscribe("error/m1", { delivery: "conflated" });
    const all = await watcher.subscribe("error/m1");
    expect([latest.delivery, all.delivery]).toEqual(["conflated", "lossless"]);
    expect(all.channel).not.toBe(latest.channel);
    simulation.tick(5);
    expect(await watcher.frames(all.channel, 5)).toHaveLength(5);
    expect(watcher.framesOf(latest.channel)).toHaveLength(2);
    const answer = await watcher.request({ op: "sub", topic: "events", delivery: "conflated" });
    expect(answer).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
