import { describe, expect, it } from "vitest";
import { closeCodes, type DataFrame, float32Values } from "../../src/wire/index.js";
import { until } from "./client.js";
import { running } from "./running.js";
import { valueAt } from "./scripted-simulation.js";

/** Between frames that came, seq grows by one and what the later says was dropped. */
function expectNoUntoldGap(frames: readonly DataFrame[], firstSeq: number): void {
  let expected = firstSeq;
  for (const [, seq, , dropped] of frames) {
    expect(seq).toBe(expected + dropped);
    expected = seq + 1;
  }
}

describe("a slow client", () => {
  it("gets the latest of a conflated topic, is told what it missed, and others miss nothing", async () => {
    const { client, simulation } = await running();
    const [slow, quick] = [await client(), await client()];
    const { channel } = await slow.subscribe("state/m1");
    await quick.subscribe("state/m1");
    for (let tick = 1; tick <= 100; tick += 1) {
      simulation.tick();
      await quick.frames(channel, tick);
      await quick.request({ op: "ack", channel, seq: tick - 1 });
    }
    await slow.request({ op: "ping" });
    expect(slow.framesOf(channel).map(([, seq]) => seq)).toEqual([0, 1, 2, 3]);
    slow.send({ op: "ack", channel, seq: 1 });
    const [, seq, tick, dropped, payload] = (await slow.frames(channel, 5))[4]!;
    expect([seq, tick, dropped]).toEqual([99, 100, 95]);
    expect(float32Values(payload as Uint8Array)[3]).toBe(valueAt("state/m1", 100, 3));
    simulation.tick();
    await slow.frames(channel, 6);
    await quick.frames(channel, 101);
    expectNoUntoldGap(slow.framesOf(channel), 0);
    expect(quick.framesOf(channel).map((frame) => frame[3])).toEqual(new Array(101).fill(0));
  });

  it("that acknowledges nothing is closed as slow", async () => {
    const { client, simulation } = await running({ limits: { stalledMsMax: 100, sweepMs: 10, keptMs: 50 } });
    const [silent, idle] = [await client(), await client()];
    await silent.subscribe("state/m1");
    await idle.subscribe("events");
    simulation.tick(2);
    expect((await silent.closed).code).toBe(closeCodes.slow);
    expect(await idle.request({ op: "ping" })).toMatchObject({ to: "ping" });
    await until(() => simulation.watches.size === 1);
  });

  it.each([
    ["metrics/gabor", closeCodes.resync],
    ["events", closeCodes.slow],
  ])(
    "that lets frames of %s pile up is closed with %i, and none is missing until then",
    async (topic, code) => {
      const { client, simulation } = await running({ limits: { losslessFramesMax: 20 } });
      const [slow, quick] = [await client(), await client()];
      const { channel } = await slow.subscribe(topic);
      await quick.subscribe(topic);
      for (let index = 0; index < 21; index += 1) {
        simulation.emitRecord(topic, { index });
        await quick.frames(channel, index + 1);
        await quick.request({ op: "ack", channel, seq: index });
      }
      expect((await slow.closed).code).toBe(code);
      expectNoUntoldGap(slow.framesOf(channel), 0);
      expect(slow.framesOf(channel)).toHaveLength(20);
      expect(quick.framesOf(channel)).toHaveLength(21);
    },
  );

  it("that holds lossless frames for too long has to start anew", async () => {
    const { client, simulation } = await running({ limits: { losslessMsMax: 50, sweepMs: 10 } });
    const slow = await client();
    await slow.subscribe("metrics/gabor");
    simulation.tick();
    expect((await slow.closed).code).toBe(closeCodes.resync);
  });

  it("that stops reading its socket fills no more than its queue, while others go on", async () => {
    const queuedBytesMax = 256 * 1024;
    const { client, simulation } = await running({ limits: { queuedBytesMax, keptMs: 50 } });
    const [stalled, quick] = [await client(), await client()];
    const { channel } = await stalled.subscribe("events");
    await quick.subscribe("events");
    stalled.socket.pause();
    // Far more than the kernel's buffers and the queue can hold, in fewer frames than may be unacknowledged.
    const payload = { text: "x".repeat(64 * 1024) };
    const heapBefore = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < 300; sent += 1) {
      simulation.emitRecord("events", payload);
      await quick.frames(channel, 1);
      quick.received.length = 0;
    }
    expect(process.memoryUsage().arrayBuffers - heapBefore).toBeLessThan(64 * 1024 * 1024);
    stalled.socket.resume();
    const { code } = await stalled.closed;
    // The close message stands behind what it did not read; a peer that reads too late is cut off before.
    expect([closeCodes.slow, 1006]).toContain(code);
    expect(stalled.framesOf(channel).length).toBeLessThan(300);
    expectNoUntoldGap(stalled.framesOf(channel), 0);
    await until(() => simulation.watches.size === 1);
    expect(await quick.request({ op: "ping" })).toMatchObject({ to: "ping" });
  });
});
