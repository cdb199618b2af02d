import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Frame, Simulation } from "../../src/simulation/simulation.js";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { eddy, root } from "../built.js";
import { runNode } from "../child-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { scene, until } from "./running.js";

const folder = temporaryFolder();
const opened: Simulation[] = [];
afterEach(async () => {
  for (const simulation of opened.splice(0)) await simulation.close();
});

type Options = Parameters<typeof eddy.openSimulation>[1];

async function open(value: unknown = scene, options: Options = {}) {
  const simulation = await eddy.openSimulation(value, { backend: "reference", paused: true, ...options });
  opened.push(simulation);
  const frames: Frame[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    simulation.frames.subscribe({ next: (frame) => frames.push(frame), complete: resolve, error: reject });
  });
  ended.catch(() => {});
  return { simulation, frames, ended };
}

/** The error of the built code, which has an EddyError of its own. */
async function refusalOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => {
      throw new Error("the promise was fulfilled");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(eddy.EddyError);
  return error as InstanceType<typeof eddy.EddyError>;
}

/** How it stands, without what is its own: its epoch, and what it cost. */
function standing(simulation: Simulation) {
  const { epoch: _epoch, load: _load, ...same } = simulation.status();
  return same;
}

describe("a simulation in a thread of its own", () => {
  it("refuses an option that it does not know, and says which it knows", async () => {
    const misspelt = JSON.parse('{"tick": 10}');
    const { code, message } = await refusalOf(eddy.openSimulation(scene, misspelt));
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toMatch(/"tick"; allowed: .*ticks/);
  });

  it("does all that one in this thread does, with the same numbers", async () => {
    const { simulation, frames } = await open();
    const local = await eddy.simulate(scene, { backend: "reference", paused: true });
    opened.push(local);
    const here: Frame[] = [];
    local.frames.subscribe((frame) => here.push(frame));
    expect(simulation.info).toEqual(local.info);
    expect(simulation.topics).toEqual(local.topics);
    expect(standing(simulation)).toEqual(standing(local));
    for (const each of [simulation, local]) {
      // lanes come by the clock on the wall
      const topics = each.topics.filter(({ payload }) => payload !== "lanes");
      for (const { topic } of topics) await each.watch({ topic, every: 1 });
      expect(await each.command({ kind: "step", ticks: 33 })).toEqual({ tick: 0 });
    }
    await until(() => here.length > 0 && local.status().tick === 33 && frames.length === here.length);
    expect(frames).toEqual(here);
    await until(() => simulation.status().tick === 33);
    expect(standing(simulation)).toEqual(standing(local));
  });

  it("runs on the default backend", async () => {
    const { simulation, frames } = await open(scene, { backend: undefined });
    expect(simulation.info.backend).toBe("simd");
    await simulation.watch({ topic: "output/out", every: 1 });
    await simulation.command({ kind: "resume" });
    await until(() => frames.length > 3);
    expect(frames[0].payload).toBeInstanceOf(Float32Array);
  });

  it("applies commands and tells of them in its status", async () => {
    const { simulation } = await open();
    await simulation.command({ kind: "learningRate", value: 0.5 });
    await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 0 });
    await simulation.command({ kind: "spectralRadius", module: "m1", value: 0.75 });
    expect(simulation.status()).toMatchObject({
      learningRate: 0.5,
      gates: { "m1->m2": 0 },
      spectralRadii: { m1: 0.75 },
    });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 100);
    expect(simulation.status().paused).toBe(false);
    const { tick } = await simulation.command({ kind: "pause" });
    expect(simulation.status()).toMatchObject({ tick, paused: true });
  });

  it("refuses commands and watches with the same errors", async () => {
    const { simulation } = await open();
    const gate = await refusalOf(simulation.command({ kind: "gate", pathway: "x", gate: 1 }));
    expect(gate).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^pathway: given "x"/),
    });
    const watch = await refusalOf(simulation.watch({ topic: "state/m9", every: 1 }));
    expect(watch).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/no topic "state\/m9"/),
    });
  });

  it("tells of a new epoch before its first frame, at whatever speed", async () => {
    const { simulation } = await open(scene, { ticksPerSecond: null });
    const isKnown: boolean[] = [];
    const events = await simulation.watch({ topic: "events", every: 1 });
    await simulation.watch({ topic: "state/m1", every: 1 });
    simulation.frames.subscribe({
      next({ watch, payload }) {
        if (watch === events && "kind" in payload && payload.kind === "epoch")
          isKnown.push(simulation.status().epoch === payload.epoch);
      },
    });
    await simulation.command({ kind: "resume" });
    for (let reset = 0; reset < 10; reset += 1)
      await simulation.command({ kind: "reset", what: "state", seed: null });
    await until(() => isKnown.length === 10);
    expect(isKnown).not.toContain(false);
  });

  it("stops sending what is no longer watched", async () => {
    const { simulation, frames } = await open();
    const handle = await simulation.watch({ topic: "state/m1", every: 1 });
    const other = await simulation.watch({ topic: "state/m2", every: 1 });
    simulation.unwatch(handle);
    await simulation.command({ kind: "step", ticks: 5 });
    await until(() => frames.length >= 5);
    expect(frames.map(({ watch }) => watch)).toEqual([other, other, other, other, other]);
  });

  it("ends after its ticks with all frames, and is asked for nothing more", async () => {
    const { simulation, frames, ended } = await open(scene, { ticks: 50 });
    await simulation.watch({ topic: "state/m2", every: 1 });
    await simulation.command({ kind: "resume" });
    await ended;
    expect(frames.map(({ tick }) => tick)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(simulation.status().tick).toBe(50);
    expect((await refusalOf(simulation.command({ kind: "pause" }))).code).toBe("SIMULATION_ENDED");
    expect((await refusalOf(simulation.watch({ topic: "events", every: 1 }))).code).toBe("SIMULATION_ENDED");
  });

  it("waits for whoever is slower than its ticks, so that frames never pile up", async () => {
    const { simulation, frames } = await open();
    await simulation.watch({ topic: "state/m1", every: 1 });
    await simulation.command({ kind: "resume" });
    await until(() => frames.length > 0);
    const handled = frames.length;
    const until1500Ms = performance.now() + 1500;
    while (performance.now() < until1500Ms);
    const { tick } = await simulation.command({ kind: "pause" });
    // 1024 under way, and what was bundled by then; without a bound it makes tens of thousands
    expect(tick - handled).toBeLessThan(4096);
    await until(() => frames.length === tick);
    expect(frames.map((frame) => frame.tick)).toEqual(Array.from({ length: tick }, (_, i) => i));
  });

  it("leaves out no frame when it is closed while it runs", async () => {
    const { simulation, frames } = await open();
    await simulation.watch({ topic: "state/m1", every: 1 });
    await simulation.command({ kind: "resume" });
    await until(() => frames.length > 20);
    await simulation.close();
    const { tick } = simulation.status();
    expect(frames.map((frame) => frame.tick)).toEqual(Array.from({ length: tick }, (_, i) => i));
  });

  it("may be closed twice, which ends its frames, and what was asked gets an answer", async () => {
    const { simulation, ended } = await open();
    await simulation.command({ kind: "resume" });
    const asked = [
      simulation.close(),
      simulation.close(),
      simulation.command({ kind: "pause" }).catch(() => {}),
    ];
    await Promise.all(asked);
    await ended;
    simulation.unwatch(1);
    expect((await refusalOf(simulation.command({ kind: "pause" }))).code).toBe("SIMULATION_ENDED");
  });
});

describe("what is wrong rejects with its own error:", () => {
  it.each<[what: string, value: unknown, options: Options, code: string, text: RegExp]>([
    ["the run", { ...scene, batch: 0 }, {}, "INVALID_DESCRIPTION", /^run\.batch: given 0/],
    [
      "its schedule",
      { ...scene, schedule: { kind: "phased" } },
      {},
      "INVALID_DESCRIPTION",
      /^run\.schedule\.kind/,
    ],
    ["the backend", scene, { backend: "abacus" }, "UNKNOWN_BACKEND", /"abacus".*reference, wasm/],
    ["the pace", scene, { ticksPerSecond: -1 }, "INVALID_ARGUMENT", /^ticksPerSecond: given -1/],
    [
      "missing data",
      {
        ...scene,
        network: { ...scene.network, inputs: 784, outputs: 10 },
        stimuli: { gabor: { source: "mnist" } },
      },
      { data: join(folder, "none") },
      "DATA_MISSING",
      /eddy data get mnist/,
    ],
    [
      "room for the stimuli",
      { ...scene, network: { ...scene.network, inputs: 100 } },
      {},
      "INVALID_DESCRIPTION",
      /^network\.inputs\.x: given 100, needed 1024/,
    ],
  ])("%s", async (_what, value, options, code, text) => {
    const error = await refusalOf(eddy.openSimulation(value, { backend: "reference", ...options }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(text) });
  });

  it("two tasks on one input, found only when the network is wired", async () => {
    writeLearnableSet(folder, { training: 20, test: 10 });
    const network = eddy.chain({ neurons: 16, task: "mnist" });
    const tasks = { ...network.tasks, "fashion-mnist": { input: "x", readout: "out" } };
    const value = {
      ...scene,
      network: { ...network, tasks },
      stimuli: { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } },
    };
    const error = await refusalOf(eddy.openSimulation(value, { backend: "reference", data: folder }));
    expect(error).toMatchObject({
      code: "INVALID_DESCRIPTION",
      message: expect.stringMatching(/^network\.tasks\./),
    });
  });
});

describe("the thread", () => {
  const script = (lines: string) => `
    import { openSimulation } from ${JSON.stringify(pathToFileURL(join(root, "dist/index.js")).href)};
    const scene = ${JSON.stringify(scene)};
    ${lines}`;

  it("is gone after close: the process ends by itself", async () => {
    const { code, stdout } = await runNode([
      "--input-type=module",
      "--eval",
      script(`
        const simulation = await openSimulation(scene, { backend: "reference" });
        await simulation.close();
        console.log("closed at tick", simulation.status().tick >= 0);`),
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "closed at tick true\n" });
  });

  it("is gone after a refusal", async () => {
    const { code, stdout } = await runNode([
      "--input-type=module",
      "--eval",
      script(`
        await openSimulation({ ...scene, batch: 0 }).catch(({ code }) => console.log(code));`),
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "INVALID_DESCRIPTION\n" });
  });
});
