import { join } from "node:path";
import { merge, Subject } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { Gpu } from "../../src/kernels/webgpu/gpu.js";
import { kernelsOn } from "../../src/kernels/webgpu/webgpu-kernels.js";
import { localSimulation } from "../../src/simulation/local-simulation.js";
import type { OpenOptions } from "../../src/simulation/open-options.js";
import { endlessDoors, openStimuli } from "../../src/simulation/open-stimuli.js";
import { reopen } from "../../src/simulation/reopen.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { simulate } from "../../src/simulation/simulate.js";
import type { Frame, Simulation } from "../../src/simulation/simulation.js";
import { type Reopen, supervised } from "../../src/simulation/supervised.js";
import { eddy } from "../built.js";
import { noDevice } from "../kernels/webgpu/open-device.js";
import { temporaryFolder } from "../temporary-folder.js";
import { scene, until } from "./running.js";

const root = temporaryFolder();
let folders = 0;
const opened: Simulation[] = [];
afterEach(async () => {
  for (const simulation of opened.splice(0)) await simulation.close();
});

const lost = () => new EddyError("DEVICE_LOST", "the device is gone");

/** A simulation in a real thread, of which the test may say that its device was lost. */
function losing(simulation: Simulation) {
  const failure = new Subject<Frame>();
  return {
    simulation: { ...simulation, frames: merge(simulation.frames, failure) } as Simulation,
    lose: () => failure.error(lost()),
  };
}

function seen(simulation: Simulation) {
  opened.push(simulation);
  const frames: Frame[] = [];
  const end: { error?: unknown; completed?: boolean } = {};
  simulation.frames.subscribe({
    next: (frame) => frames.push(frame),
    error: (error) => {
      end.error = error;
    },
    complete: () => {
      end.completed = true;
    },
  });
  return { frames, end };
}

/** Begins in a thread on the backend `reference`, and is opened again as the program does. */
async function begin(options: OpenOptions = {}) {
  const all = { backend: "reference", paused: true, ...options };
  const first = losing(await eddy.openSimulation(scene, all));
  const simulation = supervised(first.simulation, reopen(scene, all, eddy.openSimulation));
  return { simulation, lose: first.lose, ...seen(simulation) };
}

describe("when its device is lost", () => {
  it("a simulation goes on from its last checkpoint, on the processor, in a new epoch, and says so", async () => {
    folders += 1;
    const checkpoints = { folder: join(root, String(folders)) };
    const { simulation, lose, frames, end } = await begin({ checkpoints, ticksPerSecond: 400 });
    const state = await simulation.watch({ topic: "state/m1", every: 1 });
    const events = await simulation.watch({ topic: "events", every: 1 });
    await simulation.command({ kind: "step", ticks: 20 });
    await until(() => simulation.status().tick === 20);
    await simulation.command({ kind: "checkpoint" });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 40 && !simulation.status().paused);
    const { epoch } = simulation.status();
    const before = frames.length;
    lose();
    expect(simulation.status().degraded).toMatch(/the device is gone/);
    // a command that comes meanwhile waits, and finds the one that goes on
    expect(await simulation.command({ kind: "beta", value: 0.75 })).toMatchObject({
      tick: expect.any(Number),
    });
    const told = () => frames.slice(before).filter(({ watch }) => watch === events);
    const degraded = () => told().map(({ payload }) => payload as Record<string, unknown>);
    await until(() => simulation.status().tick > 60 && degraded().some(({ kind }) => kind === "degraded"));
    expect(simulation.info.backend).toBe("simd");
    expect(simulation.status()).toMatchObject({
      beta: 0.75,
      paused: false,
      ticksPerSecond: 400,
      degraded: expect.stringMatching(/^the device is gone; goes on from checkpoint tick-\d+ on simd$/),
    });
    expect(simulation.status().epoch).not.toBe(epoch);
    const after = frames.slice(before);
    expect(degraded()).toContainEqual(
      expect.objectContaining({ kind: "degraded", backend: "simd", reason: expect.stringMatching(/gone/) }),
    );
    const ticks = after.filter(({ watch }) => watch === state).map(({ tick }) => tick);
    const begun = Number(/tick-(\d+)/.exec(simulation.status().degraded ?? "")?.[1]);
    expect(begun).toBeGreaterThanOrEqual(20);
    expect(ticks).toContain(begun);
    expect(end).toEqual({});
  });

  it("a simulation without checkpoints begins anew; one that was paused stays so", async () => {
    const { simulation, lose, frames } = await begin();
    const output = await simulation.watch({ topic: "output/out", every: 1 });
    await simulation.command({ kind: "step", ticks: 30 });
    await until(() => simulation.status().tick === 30);
    lose();
    // a watch that begins meanwhile is one of the simulation that goes on
    const state = await simulation.watch({ topic: "state/m2", every: 1 });
    await until(() => simulation.status().tick === 0);
    expect(simulation.status()).toMatchObject({
      paused: true,
      degraded: expect.stringMatching(/goes on from its beginning on simd$/),
    });
    const before = frames.length;
    await simulation.command({ kind: "step", ticks: 12 });
    await until(() => simulation.status().tick === 12);
    await until(() => frames.slice(before).some(({ watch }) => watch === output));
    expect(frames.slice(before).some(({ watch }) => watch === state)).toBe(true);
  });

  it("and it cannot be opened again, its frames err with what kept it from that", async () => {
    const first = losing(await eddy.openSimulation(scene, { backend: "reference", paused: true }));
    const broken: Reopen = () => Promise.reject(new EddyError("OUT_OF_MEMORY", "no room"));
    const simulation = supervised(first.simulation, broken);
    const { end } = seen(simulation);
    first.lose();
    await until(() => end.error !== undefined);
    expect(end.error).toMatchObject({ code: "OUT_OF_MEMORY" });
    await expect(simulation.command({ kind: "resume" })).rejects.toMatchObject({ code: "SIMULATION_ENDED" });
  });

  it("and it is closed meanwhile, it ends", async () => {
    const { simulation, lose, end } = await begin();
    lose();
    await simulation.close();
    await until(() => end.completed === true);
  });

  it("only then: any other failure is its end", async () => {
    const first = await eddy.openSimulation(scene, { backend: "reference", paused: true });
    opened.push(first);
    const failure = new Subject<Frame>();
    const never: Reopen = () => Promise.reject(new Error("not to be called"));
    const simulation = supervised({ ...first, frames: failure }, never);
    const { end } = seen(simulation);
    failure.error(new EddyError("NOT_FINITE", "NaN"));
    expect(end.error).toMatchObject({ code: "NOT_FINITE" });
  });
});

describe.skipIf(noDevice)(`on a GPU that is lost ${noDevice ? `(${noDevice})` : ""}`, () => {
  async function onGpu(): Promise<{ readonly kernels: Kernels; lose(): void }> {
    const gpu = await Gpu.open();
    return { kernels: kernelsOn(gpu, { few: -1, many: -1 }).kernels, lose: () => gpu.device.destroy() };
  }

  it("a simulation goes on on the processor, and its watches with it", async () => {
    const { kernels, lose } = await onGpu();
    const run = resolveRun(scene);
    const doors = endlessDoors(run, openStimuli(run, ""));
    const first = localSimulation(kernels, run, doors, { ticksPerSecond: null, ticks: null, paused: true });
    let last = first.status();
    let isLost = false;
    const original: Simulation = {
      ...first,
      // a thread's last word is of before its failure, too
      status() {
        if (!isLost) last = first.status();
        return last;
      },
    };
    const simulation = supervised(original, reopen(scene, { backend: "webgpu" }, simulate));
    const { frames, end } = seen(simulation);
    const handle = await simulation.watch({ topic: "state/m1", every: 1 });
    await simulation.command({ kind: "resume" });
    await until(() => frames.length > 20);
    expect(simulation.info.backend).toBe("webgpu");
    expect(simulation.status().paused).toBe(false);
    isLost = true;
    lose();
    await until(() => simulation.status().degraded !== null && simulation.info.backend === "simd");
    const before = frames.length;
    await until(() => frames.length > before + 20);
    expect(frames.every(({ watch }) => watch === handle)).toBe(true);
    expect(simulation.status().paused).toBe(false);
    expect(end).toEqual({});
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
