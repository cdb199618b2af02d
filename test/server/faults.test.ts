import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { serve } from "../../src/server/server.js";
import { simulate } from "../../src/simulation/simulate.js";
import type { Simulation } from "../../src/simulation/simulation.js";
import { closeCodes, float32Bytes, WIRE_PATH } from "../../src/wire/index.js";
import { scene } from "../simulation/running.js";
import { type Client, login, refusal, until } from "./client.js";
import { running } from "./running.js";

// The rows of the protocol's fault table that are the server's, each really caused. Further ones: who guesses tokens, a
// foreign page, a viewer's command (authentication.test.ts), slow clients (slow-clients.test.ts).

afterEach(() => vi.useRealTimers());

/** A WebSocket client's side of the handshake, then bytes as they are: what `ws` would not send. */
async function rawConnection(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write(
    `GET ${WIRE_PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Protocol: eddy.v1.msgpack\r\n\r\n",
  );
  await once(socket, "data");
  return socket;
}

/** The code of the close frame that ends a raw connection. */
async function closeCodeOf(socket: Socket): Promise<number> {
  for await (const chunk of socket) {
    const bytes = chunk as Buffer;
    if (bytes[0] === 0x88) return bytes.readUInt16BE(2);
  }
  throw new Error("ended without a close frame");
}

describe("faults", () => {
  it("client stops reading: 4008 when it makes no progress, and others are unaffected", async () => {
    const { client, simulation } = await running({
      limits: { stalledMsMax: 300, sweepMs: 20, closingMsMax: 100 },
    });
    const [stalled, healthy] = [await client(), await client()];
    await stalled.subscribe("state/m1");
    const { channel } = await healthy.subscribe("state/m1");
    stalled.socket.pause();
    let acknowledged = -1;
    const tick = async () => {
      simulation.tick();
      const frames = await healthy.frames(channel, acknowledged + 2);
      acknowledged = frames.at(-1)![1];
      await healthy.request({ op: "ack", channel, seq: acknowledged });
    };
    const startedAt = performance.now();
    while (performance.now() - startedAt < 600) await tick();
    stalled.socket.resume();
    expect([closeCodes.slow, 1006]).toContain((await stalled.closed).code);
    const frames = healthy.framesOf(channel);
    expect(frames.map(([, seq]) => seq)).toEqual(frames.map((_, index) => index));
    await tick();
  });

  it("half-open connection: ended without a pong, and what it watched is let go of", async () => {
    const { client, simulation } = await running({
      limits: { pingMs: 20, pongMsMax: 100, sweepMs: 10, closingMsMax: 20, keptMs: 50 },
    });
    const dead = await client({ autoPong: false });
    await dead.subscribe("state/m1");
    expect(simulation.watches.size).toBe(1);
    expect((await dead.closed).code).toBe(closeCodes.noPong);
    await until(() => simulation.watches.size === 0);
  });

  it.each([
    ["malformed", Uint8Array.of(0xc1)],
    ["truncated", Uint8Array.of(0x82, 0xa2, 0x6f)],
    ["trailing", Uint8Array.of(0xc0, 0xc0)],
    ["an extension type's", Uint8Array.of(0xd4, 0x01, 0x00)],
  ])("%s bytes: an error, and the third time 4501", async (_, bytes) => {
    const { client } = await running();
    const clumsy = await client();
    clumsy.sendBytes(bytes);
    clumsy.sendBytes(bytes);
    await clumsy.request({ op: "ping" });
    const errors = clumsy.received.filter((message) => !Array.isArray(message) && message.op === "error");
    expect(errors).toMatchObject([{ code: "MALFORMED_MESSAGE" }, { code: "MALFORMED_MESSAGE" }]);
    clumsy.sendBytes(bytes);
    expect((await clumsy.closed).code).toBe(closeCodes.badRequest);
  });

  it("text instead of bytes: an error, and the third time 4501", async () => {
    const { client } = await running();
    const clumsy = await client();
    for (let sent = 0; sent < 3; sent += 1) clumsy.socket.send("text");
    expect((await clumsy.closed).code).toBe(closeCodes.badRequest);
  });

  it("oversized: 1009 from the length alone, before a byte of it has come", async () => {
    const { port } = await running();
    const socket = await rawConnection(port);
    // binary, masked, a length of 2^40
    socket.write(Uint8Array.of(0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4));
    expect(await closeCodeOf(socket)).toBe(1009);
    socket.destroy();
  });

  it("a message in too many fragments: 1008 or 1009", async () => {
    const { port } = await running();
    const socket = await rawConnection(port);
    const fragment = (opcode: number) => Uint8Array.of(opcode, 0x81, 0, 0, 0, 0, 0xc0);
    socket.write(fragment(0x02));
    for (let sent = 0; sent < 100; sent += 1) socket.write(fragment(0x00));
    expect([1008, 1009]).toContain(await closeCodeOf(socket));
    socket.destroy();
  });

  it("far too many requests, though they are refused: 4504", async () => {
    const { client } = await running({
      limits: { requestsPerSecondMax: 0.001, requestsBurstMax: 5, rateRefusalsMax: 50 },
    });
    const hasty = await client();
    for (let sent = 0; sent < 60; sent += 1) hasty.send({ op: "ack", channel: 1, seq: sent });
    expect((await hasty.closed).code).toBe(closeCodes.limit);
  });

  it("acknowledgements of nothing, too many of them: those with an id are told so", async () => {
    const { client } = await running({ limits: { requestsPerSecondMax: 0.001, requestsBurstMax: 2 } });
    const hasty = await client();
    const ack = () => hasty.request({ op: "ack", channel: 1, seq: 0 });
    expect([await ack(), await ack()]).toMatchObject([{ to: "ack" }, { to: "ack" }]);
    expect(await ack()).toMatchObject({ op: "error", code: "RATE_LIMITED", retryable: true });
  });

  it("the clock jumps a day, forth and back: nothing", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { client, simulation } = await running({
      limits: { sweepMs: 5, heartbeatMs: 10, keptMs: 10_000 },
    });
    const watcher = await client();
    const { channel } = await watcher.subscribe("metrics/gabor");
    const day = 24 * 3600 * 1000;
    for (const jump of [day, -2 * day]) {
      vi.setSystemTime(Date.now() + jump);
      simulation.tick();
      // several sweeps look at all waits meanwhile
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await watcher.frames(channel, 2)).toHaveLength(2);
    expect(await watcher.request({ op: "ping" })).toMatchObject({ tick: 2 });
  });

  it("100 connections over the limit: 503 for each, and those within go on", async () => {
    const { client, port } = await running({ limits: { connectionsMax: 3 } });
    const within = [await client(), await client(), await client()];
    const refusals = await Promise.all(Array.from({ length: 100 }, () => refusal(port)));
    expect(refusals).toEqual(new Array(100).fill(503));
    for (const one of within) expect(await one.request({ op: "ping" })).toMatchObject({ to: "ping" });
  });

  it("a token whose time is over: 4505 for its session, for hello and nothing for its header", async () => {
    const { client, stranger, port, server } = await running({
      tokenLifetimeMs: 800,
      limits: { sweepMs: 10 },
    });
    const early = await client();
    expect((await early.closed).code).toBe(closeCodes.expired);
    const late = await stranger();
    late.send({ op: "hello", v: 1, auth: server.token });
    expect((await late.closed).code).toBe(closeCodes.expired);
    expect(await refusal(port, { headers: { Authorization: `Bearer ${server.token}` } })).toBe(401);
  });
});

describe("a wrong command", () => {
  const nan = float32Bytes(Float32Array.of(Number.NaN));
  const values = (count: number, value = 0.5) => float32Bytes(new Float32Array(count).fill(value));
  const wrong: Record<string, unknown>[] = [
    { kind: "drive", module: "m1", block: null, values: values(3), ticks: 5 },
    { kind: "drive", module: "m1", block: null, values: values(32, Number.NaN), ticks: 5 },
    { kind: "drive", module: "m1", block: null, values: values(32, Number.POSITIVE_INFINITY), ticks: 5 },
    { kind: "drive", module: "m1", block: null, values: Uint8Array.of(1, 2, 3), ticks: 5 },
    { kind: "drive", module: "m1", block: null, values: [0.5], ticks: 5 },
    { kind: "stimulus", task: "gabor", input: values(7) },
    { kind: "stimulus", task: "gabor", input: values(3 * 1024, Number.NaN) },
    { kind: "outputError", readout: "out", error: nan },
    { kind: "gate", pathway: "m1->m2", gate: Number.NaN },
    { kind: "learningRate", value: Number.POSITIVE_INFINITY },
    { kind: "noise", module: "m1", deviation: -1 },
    { kind: "lesion", module: "m1", units: [32] },
    { kind: "restore", checkpoint: "none" },
  ];

  /** All states after some ticks, bit for bit. */
  async function statesOf(simulation: Simulation, client: Client | undefined): Promise<string[]> {
    const handles = new Set<number>();
    const states: string[] = [];
    simulation.frames.subscribe(({ watch, payload }) => {
      if (handles.has(watch)) states.push(Buffer.from((payload as Float32Array).buffer).toString("base64"));
    });
    for (const module of ["m1", "m2"]) {
      handles.add(await simulation.watch({ topic: `state/${module}`, every: 1 }));
    }
    await simulation.command({ kind: "step", ticks: 7 });
    await until(() => simulation.status().tick === 7);
    for (const command of client ? wrong : []) {
      const answer = await client!.request({ op: "cmd", command });
      expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT", retryable: false });
    }
    await simulation.command({ kind: "step", ticks: 20 });
    await until(() => states.length === 54);
    return states;
  }

  it("of shape, dtype, NaN or infinity: an error reply, and every state after is what it would have been", async () => {
    const options = { backend: "reference", paused: true } as const;
    const [told, untold] = [await simulate(scene, options), await simulate(scene, options)];
    const server = await serve({ simulation: told, limits: { commandsBurstMax: 1000 } });
    const client = await login(server.address.port, server.token);
    try {
      expect(await statesOf(told, client)).toEqual(await statesOf(untold, undefined));
    } finally {
      await client.close();
      await server.close();
      await told.close();
      await untold.close();
    }
  });
});
