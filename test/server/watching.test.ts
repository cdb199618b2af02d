import { afterEach, describe, expect, it } from "vitest";
import { float32Values } from "../../src/wire/index.js";
import { eddy } from "../built.js";
import { scene } from "../simulation/running.js";
import { login } from "./client.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function session() {
  const simulation = await eddy.openSimulation(scene, { backend: "reference", paused: true });
  const server = await eddy.serve({ simulation });
  const client = await login(server.address.port, server.token);
  closing.push(async () => {
    await client.close();
    await server.close();
    await simulation.close();
  });
  const step = async (ticks: number) => {
    await client.request({ op: "cmd", command: { kind: "step", ticks } });
  };
  return { client, step };
}

const units = { start: 0, end: 32, every: 2 };
const range = [-1, 1];

describe("a subscription", () => {
  it("to results may ask for so many a second", async () => {
    const { client, step } = await session();
    const all = await client.subscribe("metrics/gabor");
    const some = await client.subscribe("metrics/gabor", { hzMax: 0.01 });
    expect(some).toMatchObject({ hzMax: 0.01 });
    await step(57);
    await client.frames(all.channel, 6);
    expect(client.framesOf(some.channel)).toHaveLength(1);
  });

  it("gets reductions in the dtype and the shape that it was told", async () => {
    const { client, step } = await session();
    const bytes = await client.subscribe("state/m1", { units, reduce: { kind: "bytes", range } });
    const counts = await client.subscribe("state/m1", {
      units,
      reduce: { kind: "histogram", bins: 9, range },
    });
    const two = await client.subscribe("state/m1", { reduce: { kind: "components", count: 2 } });
    const weights = await client.subscribe("weights/m1->m2", { units: { start: 4, end: 20, every: 1 } });
    const residual = await client.subscribe("residual/m1");
    expect([bytes, counts, two, weights, residual].map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ["uint8", [16]],
      ["float32", [9]],
      ["float32", [2]],
      ["float32", [16]],
      ["float32", [1]],
    ]);
    await step(140);
    for (const { channel, dtype, shape } of [bytes, counts, two, weights, residual]) {
      const [[, , , , payload]] = await client.frames(channel, 1);
      const length =
        dtype === "uint8" ? (payload as Uint8Array).length : float32Values(payload as Uint8Array).length;
      expect([length]).toEqual(shape);
    }
  });

  it("to lanes gets the window that it asks for", async () => {
    const { client, step } = await session();
    await step(25);
    const lanes = await client.subscribe("lanes", { window: { ticks: 12, end: 20 } });
    expect(lanes).toMatchObject({ payload: "lanes", window: { ticks: 12, end: 20 } });
    const [[, , tick, , payload]] = await client.frames(lanes.channel, 1);
    // as soon as the window is over
    expect(tick).toBeGreaterThan(20);
    expect(payload).toMatchObject({ from: 9, to: 20 });
    const { lanes: shown } = payload as { lanes: unknown[] };
    expect(shown).toContainEqual({
      lane: "gabor",
      kind: "input",
      marks: [
        [10, 1],
        [20, 2],
      ],
    });
    expect(shown).toContainEqual({ lane: "m1->m2", kind: "gate", marks: [[9, 1]] });
  });

  it("is refused with what would be right", async () => {
    const { client } = await session();
    const refused = async (topic: string, options: Record<string, unknown>) =>
      (await client.request({ op: "sub", topic, ...options })) as { op: string; message: string };
    expect(
      await refused("state/m1", {
        reduce: { kind: "components", count: 3 },
        units: { start: 0, end: 2, every: 1 },
      }),
    ).toMatchObject({
      op: "error",
      message: expect.stringMatching(/reduce.count is 3, needed 1 to 2 components/),
    });
    expect(await refused("events", { hzMax: 5 })).toMatchObject({
      op: "error",
      message: expect.stringMatching(/hzMax is 5, needed none: each of these records is told/),
    });
    expect(await refused("weights/m1.W", { row: 0 })).toMatchObject({
      op: "error",
      message: expect.stringMatching(/row is 0, needed none: it has no batch/),
    });
  });
});
