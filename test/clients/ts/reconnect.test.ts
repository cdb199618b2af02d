import type { ClientError, Frame, Link, MetricsRecord } from "eddy/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serve } from "../../../src/server/server.js";
import { simulate } from "../../../src/simulation/simulate.js";
import { closeLater, eventually, running, scene } from "./running.js";

const soon = { retryMs: () => 5 };

/** What a run of frames of trials says is missing, and what is missing; they have to agree. */
function unsaidGaps(frames: readonly Frame<MetricsRecord>[]): string[] {
  return frames.slice(1).flatMap(({ payload, gap, dropped }, index) => {
    const before = frames[index].payload.trial;
    const missing = payload.trial - before - 1;
    if (missing < 0) return [`trial ${payload.trial} came after ${before}`];
    if (gap === "unknown" || missing === dropped) return [];
    return [`${missing} trials missing before ${payload.trial}, said are ${dropped}`];
  });
}

describe("a connection that is cut", () => {
  it("is made again, and frames go on", async () => {
    const { client, cable } = await running();
    const run = await client(soon);
    const links: Link["kind"][] = [];
    run.link.subscribe(({ kind }) => links.push(kind));
    const ticks: number[] = [];
    run.watch("state/m1").subscribe(({ tick }) => ticks.push(tick));
    await eventually(() => ticks.length).toBeGreaterThan(5);
    cable.cut();
    await eventually(() => links).toEqual(["open", "waiting", "connecting", "open"]);
    const before = ticks.length;
    await eventually(() => ticks.length).toBeGreaterThan(before + 5);
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
    expect(cable.connections).toBe(2);
  });

  it("loses no trial unsaid and brings none twice, wherever it is cut", async () => {
    const { client, cable } = await running({ ticksPerSecond: 500 });
    const run = await client(soon);
    const frames: Frame<MetricsRecord>[] = [];
    run.watch("metrics/gabor").subscribe((frame) => frames.push(frame));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), async (waitMs) => {
        const before = frames.length;
        cable.cut();
        await eventually(() => frames.length).toBeGreaterThan(before);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }),
      { numRuns: 20, endOnFailure: true },
    );
    expect(unsaidGaps(frames)).toEqual([]);
  });

  it("says that something may be missing, though nothing had come before", async () => {
    const { client, cable, watched } = await running({ paused: true }, { limits: { keptMs: 0 } });
    const run = await client(soon);
    const frames: Frame<MetricsRecord>[] = [];
    run.watch("metrics/gabor").subscribe((frame) => frames.push(frame));
    await eventually(() => watched.now()).toBe(1);
    await run.step(1);
    cable.refuse(true);
    cable.cut();
    await eventually(() => watched.now()).toBe(0);
    cable.refuse(false);
    await eventually(() => watched.now()).toBe(1);
    await run.step(30);
    await eventually(() => frames.length).toBeGreaterThan(0);
    expect(frames[0].gap).toBe("unknown");
  });

  it("finds a server that was started again, in a new epoch", async () => {
    const { client, server, simulation } = await running();
    const port = server.address.port;
    const run = await client(soon, `http://127.0.0.1:${port}/#token=${server.token}`);
    const epochs: string[] = [];
    const frames: Frame[] = [];
    run.epochs.subscribe(({ epoch }) => epochs.push(epoch));
    run.watch("state/m1").subscribe((frame) => frames.push(frame));
    await eventually(() => frames.at(-1)?.tick ?? 0).toBeGreaterThan(50);
    await server.close();
    await simulation.close();
    const next = await simulate(scene, { ticksPerSecond: 100, paused: true });
    closeLater(() => next.close());
    const again = await serve({ simulation: next, port, token: server.token });
    closeLater(() => again.close());
    await eventually(() => epochs).toEqual([simulation.status().epoch, next.status().epoch]);
    const before = frames.length;
    await run.step(3);
    await eventually(() => frames.length).toBeGreaterThan(before);
    expect(frames[before]).toMatchObject({ tick: 0, gap: "unknown" });
  });

  it("is taken for dead when nothing is heard", async () => {
    const { client, cable } = await running({ paused: true });
    const run = await client({ ...soon, silentMsMax: 1500 });
    cable.mute(true);
    await eventually(() => run.link.value.kind).not.toBe("open");
    cable.mute(false);
    await eventually(() => run.link.value.kind).toBe("open");
  });

  it("is given up in the end, where that was asked for", async () => {
    const { client, cable } = await running({ paused: true });
    const run = await client({ ...soon, awayMsMax: 100 });
    const failed = new Promise<ClientError>((resolve) => {
      run.watch("state/m1").subscribe({ error: resolve });
    });
    cable.refuse(true);
    cable.cut();
    expect(await failed).toMatchObject({ code: "UNREACHABLE", retryable: true });
    expect(run.link.value.kind).toBe("ended");
    await expect(run.pause()).rejects.toMatchObject({ code: "UNREACHABLE" });
  });
});

describe("a command", () => {
  it("that is cut off before its reply is applied once, and its reply comes", async () => {
    const { client, cable, simulation } = await running({ paused: true });
    const run = await client(soon);
    cable.mute(true);
    const stepped = run.step(5);
    await eventually(() => simulation.status().tick).toBe(5);
    cable.cut();
    cable.mute(false);
    expect(await stepped).toEqual({ tick: 0 });
    expect(await run.step(1)).toEqual({ tick: 5 });
    await eventually(() => simulation.status().tick).toBe(6);
  });

  it("that is given while there is no connection waits for one; their order stays", async () => {
    const { client, cable, simulation } = await running({ paused: true });
    const run = await client(soon);
    cable.refuse(true);
    cable.cut();
    await eventually(() => run.link.value.kind).not.toBe("open");
    const gates = [0.1, 0.9, 0.25];
    const replies = gates.map((gate) => run.gate("m1->m2", gate));
    cable.refuse(false);
    await Promise.all(replies);
    expect(simulation.status().gates["m1->m2"]).toBe(0.25);
  });

  it("is sent no faster than the server takes it", async () => {
    const limits = { commandsPerSecondMax: 200, commandsBurstMax: 10 };
    const { client, simulation } = await running({ paused: true }, { limits });
    const run = await client();
    const order: number[] = [];
    const gates = Array.from({ length: 60 }, (_, index) => index / 60);
    await Promise.all(gates.map((gate) => run.gate("m1->m2", gate).then(() => order.push(gate))));
    expect(order).toEqual(gates);
    expect(simulation.status().gates["m1->m2"]).toBe(gates.at(-1));
  });

  it("that is too long for the server is refused at once, and the connection stays", async () => {
    const { client, cable } = await running({ paused: true });
    const run = await client();
    const input = new Float32Array(run.limits.requestBytesMax / 4);
    await expect(run.injectStimulus("gabor", input)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await run.step(1)).toEqual({ tick: 0 });
    expect(cable.connections).toBe(1);
  });
});
