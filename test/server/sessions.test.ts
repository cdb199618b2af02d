import { describe, expect, it } from "vitest";
import { closeCodes, float32Values, type Heartbeat, type ServerMessage } from "../../src/wire/index.js";
import { until } from "./client.js";
import { running } from "./running.js";
import { NEURONS, valueAt } from "./scripted-simulation.js";

const isHeartbeat = (message: ServerMessage): message is Heartbeat =>
  !Array.isArray(message) && message.op === "heartbeat";

const valuesOf = (payload: unknown) => [...float32Values(payload as Uint8Array)];

describe("subscriptions", () => {
  it("bring every tick of all units by default", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    const reply = await watcher.subscribe("state/m1");
    expect(reply).toMatchObject({
      dtype: "float32",
      shape: [NEURONS],
      every: 1,
      seq: 0,
      delivery: "conflated",
    });
    simulation.tick(3);
    const frames = await watcher.frames(reply.channel, 3);
    expect(frames.map(([, seq, tick, dropped]) => [seq, tick, dropped])).toEqual([
      [0, 1, 0],
      [1, 2, 0],
      [2, 3, 0],
    ]);
    const expected = Array.from({ length: NEURONS }, (_, unit) => valueAt("state/m1", 3, unit));
    expect(valuesOf(frames[2]![4])).toEqual(expected);
  });

  it("bring every n-th tick of chosen units", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    const units = { start: 1, end: 8, every: 3 };
    const reply = await watcher.subscribe("error/m1", { every: 2, units, row: "mean" });
    expect(reply).toMatchObject({ shape: [3], units, every: 2, row: "mean" });
    simulation.tick(5);
    const frames = await watcher.frames(reply.channel, 2);
    expect(frames.map(([, , tick]) => tick)).toEqual([2, 4]);
    expect(valuesOf(frames[1]![4])).toEqual([1, 4, 7].map((unit) => valueAt("error/m1", 4, unit)));
  });

  it("are shared between clients with the same options, and only between those", async () => {
    const { client, simulation } = await running();
    const [first, second] = [await client(), await client()];
    const shared = await first.subscribe("state/m1");
    simulation.tick();
    const joined = await second.subscribe("state/m1");
    const other = await second.subscribe("state/m1", { every: 2 });
    expect(joined.channel).toBe(shared.channel);
    // the latest frame comes at once to who joins late
    expect(joined.seq).toBe(0);
    expect(other.channel).not.toBe(shared.channel);
    expect(simulation.watchesBegun).toBe(2);
    simulation.tick();
    const frames = await second.frames(joined.channel, 2);
    expect(frames.map((frame) => frame.slice(1, 4))).toEqual([
      [0, 1, 0],
      [1, 2, 0],
    ]);
    expect(await first.frames(shared.channel, 2)).toHaveLength(2);
  });

  it("asked for twice by one client are one", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    const { channel } = await watcher.subscribe("state/m1");
    expect((await watcher.subscribe("state/m1")).channel).toBe(channel);
    simulation.tick();
    await watcher.request({ op: "ping" });
    expect(watcher.framesOf(channel)).toHaveLength(1);
    await watcher.request({ op: "unsub", channel });
    expect(simulation.watches.size).toBe(0);
  });

  it("end with unsub, and the watch with the last of them or its connection", async () => {
    const { client, simulation } = await running({ limits: { keptMs: 50, sweepMs: 10 } });
    const [first, second] = [await client(), await client()];
    const { channel } = await first.subscribe("state/m1");
    await second.subscribe("state/m1");
    expect(await first.request({ op: "unsub", channel })).toMatchObject({
      op: "reply",
      to: "unsub",
      channel,
    });
    expect(simulation.watches.size).toBe(1);
    simulation.tick();
    await second.frames(channel, 1);
    await first.request({ op: "ping" });
    expect(first.framesOf(channel)).toEqual([]);
    await second.close();
    await until(() => simulation.watches.size === 0);
  });

  it("of records bring every one", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    const metrics = await watcher.subscribe("metrics/gabor");
    const events = await watcher.subscribe("events");
    expect(metrics).toMatchObject({ payload: "record", delivery: "lossless" });
    expect(metrics).not.toHaveProperty("shape");
    simulation.tick(50);
    await watcher.request({ op: "cmd", command: { kind: "beta", value: 0.5 } });
    const frames = await watcher.frames(metrics.channel, 50);
    expect(frames.map(([, seq, , dropped, payload]) => [seq, dropped, payload])).toEqual(
      Array.from({ length: 50 }, (_, index) => [index, 0, { tick: index + 1, accuracy: 0.5 }]),
    );
    const [event] = await watcher.frames(events.channel, 1);
    expect(event!.slice(2)).toEqual([50, 0, { kind: "command", command: { kind: "beta", value: 0.5 } }]);
  });

  it.each([
    ["an unknown topic", { topic: "state/m9" }, /m9.*state\/m1/],
    ["units outside it", { topic: "state/m1", units: { start: 0, end: NEURONS + 1, every: 1 } }, /end <= 16/],
    ["no units at all", { topic: "state/m1", units: { start: 4, end: 4, every: 1 } }, /start < end/],
    ["every 0", { topic: "state/m1", every: 0 }, /^every/],
    ["units of a record", { topic: "events", units: { start: 0, end: 1, every: 1 } }, /records/],
    ["a row that the simulation refuses", { topic: "state/m1", row: 5 }, /row 5/],
    ["another key", { topic: "state/m1", colour: "red" }, /colour/],
  ])("for %s are refused", async (_, request, message) => {
    const { client, simulation } = await running();
    const answer = await (await client()).request({ op: "sub", ...request });
    expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT", retryable: false });
    expect("message" in answer && answer.message).toMatch(message);
    expect(simulation.watches.size).toBe(0);
  });

  it("have a limit for each client, and one for all", async () => {
    const { client } = await running({ limits: { subscriptionsMax: 2, channelsMax: 3 } });
    const [first, second] = [await client(), await client()];
    await first.subscribe("state/m1");
    await first.subscribe("error/m1");
    expect(await first.request({ op: "sub", topic: "events" })).toMatchObject({ code: "LIMIT_EXCEEDED" });
    await second.subscribe("events");
    expect(await second.request({ op: "sub", topic: "output/out" })).toMatchObject({
      code: "LIMIT_EXCEEDED",
    });
    await second.subscribe("state/m1");
  });

  it("survive a frame that cannot be encoded, which is reported", async () => {
    const { client, simulation, reported } = await running();
    const watcher = await client();
    const { channel } = await watcher.subscribe("events");
    simulation.emitRecord("events", { at: new Date(0) });
    simulation.emitRecord("events", { kind: "fine" });
    expect((await watcher.frames(channel, 1))[0]![4]).toEqual({ kind: "fine" });
    expect(reported).toMatchObject([{ code: "INVALID_ARGUMENT" }]);
  });
});

describe("a session", () => {
  it("answers ping with the tick, and an ack only when it has an id", async () => {
    const { client, simulation } = await running();
    const watcher = await client();
    const { channel } = await watcher.subscribe("state/m1");
    simulation.tick(4);
    expect(await watcher.request({ op: "ping" })).toMatchObject({ to: "ping", tick: 4 });
    watcher.send({ op: "ack", channel, seq: 1 });
    expect(await watcher.request({ op: "ack", channel, seq: 3 })).toMatchObject({ op: "reply", to: "ack" });
    expect(
      watcher.received.filter((message) => !Array.isArray(message) && message.op === "reply"),
    ).toHaveLength(3);
  });

  it("has heartbeats while the simulation is paused", async () => {
    const { client, simulation } = await running({ limits: { heartbeatMs: 20 } });
    const watcher = await client();
    expect(await watcher.next(isHeartbeat)).toMatchObject({
      tick: 0,
      paused: true,
      status: simulation.status(),
    });
    simulation.tick(5);
    const later = (message: ServerMessage): message is Heartbeat =>
      isHeartbeat(message) && message.tick === 5;
    expect(await watcher.next(later)).toBeDefined();
  });

  it("ends after the third malformed message, and not before", async () => {
    const { client } = await running();
    const clumsy = await client();
    clumsy.sendBytes(Uint8Array.of(0xc1));
    clumsy.socket.send("text");
    await clumsy.request({ op: "ping" });
    const errors = clumsy.received.filter((message) => !Array.isArray(message) && message.op === "error");
    expect(errors).toMatchObject([{ code: "MALFORMED_MESSAGE" }, { code: "MALFORMED_MESSAGE" }]);
    clumsy.send({ op: "dance", id: 1 });
    expect((await clumsy.closed).code).toBe(closeCodes.badRequest);
  });

  it("ends when a message is too long, with what RFC 6455 says", async () => {
    const { client } = await running();
    const verbose = await client();
    verbose.sendBytes(new Uint8Array(64 * 1024 + 1));
    expect((await verbose.closed).code).toBe(1009);
  });

  it("ends when pings are not answered", async () => {
    const { client } = await running({ limits: { pingMs: 20, pongMsMax: 100, sweepMs: 10 } });
    const [deaf, alive] = [await client({ autoPong: false }), await client()];
    expect((await deaf.closed).code).toBe(closeCodes.noPong);
    expect(await alive.request({ op: "ping" })).toMatchObject({ to: "ping" });
  });

  it("answers the client's pings", async () => {
    const { client } = await running();
    const { socket } = await client();
    const pong = new Promise((resolve) => socket.once("pong", (data) => resolve(data.toString())));
    socket.ping("are you there");
    expect(await pong).toBe("are you there");
  });

  it("starts anew when a new epoch begins", async () => {
    const { client, simulation } = await running({ limits: { heartbeatMs: 20 } });
    const watcher = await client();
    simulation.beginEpoch("epoch-2");
    expect((await watcher.closed).code).toBe(closeCodes.resync);
    const [welcome] = (await client()).received;
    expect(welcome).toMatchObject({ op: "welcome", epoch: "epoch-2" });
  });
});
