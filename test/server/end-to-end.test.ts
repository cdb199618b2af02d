import { afterEach, describe, expect, it } from "vitest";
import type { RunningServer } from "../../src/server/server.js";
import type { Simulation } from "../../src/simulation/simulation.js";
import { type CmdReply, closeCodes, float32Values, type WireCommand } from "../../src/wire/index.js";
import { eddy } from "../built.js";
import { scene } from "../simulation/running.js";
import { type Client, isWelcome, login, until } from "./client.js";

const opened: { simulation: Simulation; server: RunningServer; client: Client }[] = [];
afterEach(async () => {
  for (const { simulation, server, client } of opened.splice(0)) {
    await client.close();
    await server.close();
    await simulation.close();
  }
});

/** A real network in its thread, behind a real server, and a client that has been welcomed. */
async function session(options: Parameters<typeof eddy.openSimulation>[1] = {}) {
  const simulation = await eddy.openSimulation(scene, { backend: "reference", paused: true, ...options });
  const server = await eddy.serve({ simulation });
  const client = await login(server.address.port, server.token);
  opened.push({ simulation, server, client });
  return {
    simulation,
    server,
    client,
    async command(command: WireCommand): Promise<number> {
      const reply = await client.request({ op: "cmd", command });
      expect(reply).toMatchObject({ op: "reply", to: "cmd" });
      return (reply as CmdReply).tick;
    },
  };
}

const values = (payload: unknown): Float32Array => float32Values(payload as Uint8Array);

describe("a client of a real simulation", () => {
  it("is welcomed with what there is to see", async () => {
    const { client, simulation } = await session();
    const welcome = await client.next(isWelcome);
    expect(welcome).toMatchObject({
      role: "controller",
      tick: 0,
      epoch: simulation.status().epoch,
      info: JSON.parse(JSON.stringify(simulation.info)),
      topics: simulation.topics,
      status: { paused: true, learningRate: 1e-3, beta: 1 },
    });
  });

  it("gets frames of every kind, of the shape that was told, and sees them all", async () => {
    const { client, command } = await session();
    const state = await client.subscribe("state/m1", {
      every: 5,
      units: { start: 0, end: 32, every: 4 },
      row: "mean",
    });
    const error = await client.subscribe("error/m2");
    const output = await client.subscribe("output/out", { row: 1 });
    const metrics = await client.subscribe("metrics/gabor");
    const events = await client.subscribe("events");
    expect(state).toMatchObject({ payload: "tensor", dtype: "float32", shape: [8], every: 5, row: "mean" });
    expect([error.shape, output.shape]).toEqual([[32], [2]]);
    expect([metrics.payload, events.delivery]).toEqual(["record", "lossless"]);
    await command({ kind: "step", ticks: 26 });
    const told = await client.frames(metrics.channel, 3);
    expect(
      told.map(([, seq, tick, dropped, payload]) => [
        seq,
        tick,
        dropped,
        (payload as { trial: number }).trial,
      ]),
    ).toEqual([
      [0, 6, 0, 0],
      [1, 16, 0, 1],
      [2, 26, 0, 2],
    ]);
    const answers = await client.frames(output.channel, 3);
    for (const [, , , , payload] of answers) {
      expect(values(payload)).toHaveLength(2);
      expect(values(payload)[0] + values(payload)[1]).toBeCloseTo(1, 5);
    }
    // conflated: at most four wait unacknowledged, and `dropped` counts what is not there
    const [first] = await client.frames(state.channel, 1);
    expect(values(first[4])).toHaveLength(8);
    expect(first[2]).toBe(0);
    const errors = await client.frames(error.channel, 1);
    expect(values(errors[0][4])).toHaveLength(32);
    expect(errors[0][2]).toBe(6);
    const phases = (await client.frames(events.channel, 8)).flatMap(([, , , , payload]) => {
      const { kind, phase } = payload as { kind: string; phase?: string };
      return kind === "phase" ? [phase] : [];
    });
    expect(phases.slice(0, 4)).toEqual(["inference", "learning", "waiting", "inference"]);
  });

  it("pauses, steps and sets the pace, and hears the tick at which that was", async () => {
    const { client, simulation, command } = await session();
    expect(await command({ kind: "step", ticks: 10 })).toBe(0);
    await until(() => simulation.status().tick === 10);
    const { channel } = await client.subscribe("state/m2", { every: 1 });
    await command({ kind: "speed", ticksPerSecond: 50 });
    const resumed = await command({ kind: "resume" });
    expect(resumed).toBe(10);
    await client.frames(channel, 3);
    const paused = await command({ kind: "pause" });
    expect(paused).toBeGreaterThan(resumed);
    expect(simulation.status()).toMatchObject({ tick: paused, paused: true, ticksPerSecond: 50 });
    const stepped = await command({ kind: "step", ticks: 4 });
    expect(stepped).toBe(paused);
    const heartbeat = await client.next(
      (message): message is Extract<typeof message, { op: "heartbeat" }> =>
        !Array.isArray(message) && message.op === "heartbeat" && message.tick === paused + 4,
    );
    expect(heartbeat).toMatchObject({ paused: true, status: { ticksPerSecond: 50 } });
  });

  it("changes gates, rates, beta and spectral radii of the running network", async () => {
    const { client, simulation, command } = await session();
    await command({ kind: "resume" });
    await command({ kind: "gate", pathway: "m1->m2", gate: 0 });
    await command({ kind: "learningRate", value: 0.25 });
    await command({ kind: "spectralRadius", module: "m1", value: 0.75 });
    await command({ kind: "beta", value: 0.5 });
    const tick = await command({ kind: "pause" });
    await command({ kind: "step", ticks: 3 });
    expect(simulation.status()).toMatchObject({
      gates: { "m1->m2": 0 },
      learningRate: 0.25,
      spectralRadii: { m1: 0.75 },
      beta: 0.5,
    });
    // a subscription begins with what there is: the steps have to be over
    await until(() => simulation.status().tick >= tick + 3);
    const drive = await client.subscribe("drive/m2", { units: { start: 0, end: 8, every: 1 }, row: 0 });
    await command({ kind: "step", ticks: 1 });
    const [, , at, , payload] = (await client.frames(drive.channel, 1))[0];
    expect(at).toBeGreaterThanOrEqual(tick);
    expect([...values(payload)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each<[WireCommand, RegExp]>([
    [{ kind: "gate", pathway: "nowhere", gate: 1 }, /^pathway: given "nowhere", needed one of x->m1/],
    [{ kind: "spectralRadius", module: "m9", value: 1 }, /^module: given "m9"/],
    [{ kind: "beta", value: -1 }, /^beta: given -1/],
    [{ kind: "gate", pathway: "m1->m2", gate: 1.5 }, /^gate: given 1\.5, needed a number from 0 to 1/],
    [{ kind: "learningRate", value: 1001 }, /^learningRate: given 1001/],
    [{ kind: "spectralRadius", module: "m1", value: 0 }, /^spectralRadius: given 0/],
    [{ kind: "speed", ticksPerSecond: 0 }, /^ticksPerSecond: given 0/],
    [{ kind: "step", ticks: 0 }, /^ticks: given 0, needed a whole number from 1/],
  ])("is told why not: %j", async (command, text) => {
    const { client, simulation } = await session();
    const before = simulation.status();
    const reply = await client.request({ op: "cmd", command });
    expect(reply).toMatchObject({
      op: "error",
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(text),
    });
    expect(simulation.status()).toEqual(before);
  });

  it("hears when the simulation ends", async () => {
    const { client, command } = await session({ ticks: 30 });
    await client.subscribe("events");
    await command({ kind: "resume" });
    const { code } = await client.closed;
    expect(code).toBe(closeCodes.shutdown);
  });
});
