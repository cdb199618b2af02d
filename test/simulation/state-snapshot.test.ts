import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import type { EventDriven } from "../../src/model/change-propagation.js";
import { learningRules } from "../../src/model/learning-rules.js";
import { twoTasks } from "../../src/model/presets.js";
import { random } from "../../src/model/random.js";
import { readCheckpoint, writeCheckpoint } from "../../src/simulation/checkpoint.js";
import { initialState } from "../../src/simulation/open-network.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { restoreState, type StateSnapshot, takeSnapshot } from "../../src/simulation/state-snapshot.js";
import { type ContinuousNetwork, continuousNetwork } from "../../src/streams/continuous.js";
import type { NetworkState } from "../../src/streams/network-state.js";
import type { Examples } from "../../src/streams/stimulus.js";
import { endless } from "../../src/streams/stimulus-door.js";
import { errorOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const tasks = ["first", "second"] as const;
const batch = 2;

/** Random numbers, the same for the same example. */
const examples = (name: string): Examples => ({
  length: Number.POSITIVE_INFINITY,
  take(first, count) {
    const input = new Float32Array(5 * count);
    const target = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const source = random(1, `${name} ${first + i}`);
      input.subarray(5 * i, 5 * i + 5).forEach((_, j) => {
        input[5 * i + j] = source.uniform(-1, 1);
      });
      target[2 * i + source.integer(2)] = 1;
    }
    return { input, target };
  },
});

/** Two tasks over shared feedback, with delays of one, two and four ticks, and biases; one module learns its W and b. */
function delayed() {
  const network = twoTasks({
    preset: "shared-feedback",
    neurons: 24,
    inputs: 5,
    outputs: 2,
    tasks: [...tasks],
    spectralRadius: 0.9,
  });
  const delays = [1, 4, 2];
  return {
    ...network,
    modules: Object.fromEntries(
      Object.entries(network.modules).map(([name, module]) => [
        name,
        {
          ...module,
          bias: { distribution: "normal" as const, deviation: 0.1 },
          ...(name === "m3" && { learning: { W: 0.5, b: 0.5 } }),
        },
      ]),
    ),
    forward: network.forward!.map((pathway, i) => ({ ...pathway, delay: delays[i % 3] })),
    errorPathways: network.errorPathways!.map((pathway, i) => ({ ...pathway, delay: delays[(i + 1) % 3] })),
  };
}

const runOf = (optimiser: "adam" | "sgd") =>
  resolveRun(
    {
      network: delayed(),
      batch,
      optimiser: { kind: optimiser, learningRate: 0.05 },
      schedule: { kind: "continuous" },
    },
    new Set(tasks),
  );
type Run = ReturnType<typeof runOf>;

function open(
  kernels: Kernels,
  run: Run,
  state: NetworkState,
  forward: "held" | "live",
  propagation?: EventDriven,
): ContinuousNetwork {
  const clocks = [
    { inference: 7, learning: 4 },
    { inference: 5, learning: 6 },
  ];
  return continuousNetwork(
    { kernels, network: run.network, rule: learningRules.EPE, state, propagation },
    {
      forward,
      tasks: new Map(
        tasks.map((name, i) => [name, { ticks: clocks[i], door: endless(examples(name), batch) }]),
      ),
    },
  );
}

function make(network: ContinuousNetwork, ticks: number): void {
  for (let i = 0; i < ticks; i++) network.tick();
}

/** Between two ticks, with nothing in the queue. */
async function snapshotOf(kernels: Kernels, network: ContinuousNetwork): Promise<StateSnapshot> {
  network.drain();
  return takeSnapshot(kernels, network.state, true);
}

function expectSame(given: StateSnapshot, wanted: StateSnapshot): void {
  expect(given.scalars).toEqual(wanted.scalars);
  expect([...given.tensors.keys()].sort()).toEqual([...wanted.tensors.keys()].sort());
  for (const [name, { shape, data }] of wanted.tensors) {
    expect(given.tensors.get(name)?.shape, name).toEqual(shape);
    const bits = (values: Float32Array) => new Int32Array(values.buffer, values.byteOffset, values.length);
    expect(bits(given.tensors.get(name)!.data), name).toEqual(bits(data));
  }
}

describe("a snapshot of a network in continuous operation", () => {
  it.each([
    ["reference", 12],
    ["simd", 12],
    ["wasm", 5],
  ] as const)("restored on %s runs on, to the bit, as if it had never stopped", async (backend, numRuns) => {
    const kernels = await openKernels(backend);
    const before = kernels.live();
    const ticks = fc.integer({ min: 0, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        ticks,
        ticks,
        fc.constantFrom("adam" as const, "sgd" as const),
        fc.constantFrom("held" as const, "live" as const),
        fc.constantFrom(undefined, { epsilon: 0.01, fullEvery: 9 }),
        async (first, second, optimiser, forward, propagation) => {
          const run = runOf(optimiser);
          const never = open(kernels, run, initialState(kernels, run), forward, propagation);
          make(never, first + second);
          const stopped = open(kernels, run, initialState(kernels, run), forward, propagation);
          make(stopped, first);
          const file = join(folder, "moving");
          const snapshot = await snapshotOf(kernels, stopped);
          await writeCheckpoint(file, { run: {}, progress: {}, snapshot });
          stopped.close();
          const read = (await readCheckpoint(file)).snapshot;
          expectSame(read, snapshot);
          const restored = open(kernels, run, restoreState(kernels, run.network, read), forward, propagation);
          make(restored, second);
          expectSame(await snapshotOf(kernels, restored), await snapshotOf(kernels, never));
          for (const network of [never, restored]) network.close();
          expect(kernels.live()).toBe(before);
        },
      ),
      { numRuns },
    );
    kernels.close();
  });

  it("keeps what was changed by hand: gates, rates, beta, spectral radii", async () => {
    const kernels = await openKernels("reference");
    const run = runOf("adam");
    const steered = () => {
      const network = open(kernels, run, initialState(kernels, run), "held");
      make(network, 9);
      network.queue.push({ kind: "gate", key: "m1->m2", gate: 0.25 });
      network.queue.push({ kind: "learningRate", key: "", value: 0.2 });
      network.queue.push({ kind: "beta", key: "", value: 2 });
      network.queue.push({ kind: "spectralRadius", key: "m3", value: 0.5 });
      make(network, 8);
      return network;
    };
    const [never, stopped] = [steered(), steered()];
    const snapshot = await snapshotOf(kernels, stopped);
    expect(snapshot.scalars).toMatchObject({
      tick: 17,
      beta: 2,
      optimiser: { learningRate: 0.2 },
      spectralRadii: { m3: 0.5, m1: 0.9 },
    });
    expect(snapshot.scalars.gates["m1->m2"]).toBe(0.25);
    const restored = open(kernels, run, restoreState(kernels, run.network, snapshot), "held");
    for (const network of [never, restored]) make(network, 30);
    expectSame(await snapshotOf(kernels, restored), await snapshotOf(kernels, never));
    for (const network of [never, stopped, restored]) network.close();
    expect(kernels.live()).toBe(0);
  });

  it("holds no signals when only what was learned is wanted", async () => {
    const kernels = await openKernels("reference");
    const run = runOf("adam");
    const network = open(kernels, run, initialState(kernels, run), "held");
    make(network, 30);
    const { tensors, scalars } = await takeSnapshot(kernels, network.state, false);
    expect(
      [...tensors.keys()].every((name) =>
        /^(weights|recurrent (counts|columns|values)|first moments|second moments)\//.test(name),
      ),
    ).toBe(true);
    expect(scalars.past).toBe(0);
    expect(scalars.steps["m1->m2"]).toBeGreaterThan(0);
    network.close();
  });

  it("is refused by a network that lacks tensors, or has others", async () => {
    const kernels = await openKernels("reference");
    const run = runOf("adam");
    const network = open(kernels, run, initialState(kernels, run), "held");
    const { tensors, scalars } = await snapshotOf(kernels, network);
    network.close();
    const without = new Map(tensors);
    without.delete("weights/m1->m2");
    const other = new Map(tensors).set("recurrent counts/m1", { shape: [4], data: new Float32Array(4) });
    const columns = tensors.get("recurrent columns/m1")!;
    const mixed = new Map(tensors).set("recurrent columns/m1", {
      ...columns,
      data: columns.data.toReversed(),
    });
    for (const [changed, text] of [
      [without, /no tensor "weights\/m1->m2", where this network needs one of shape \[4,4\]/],
      [other, /"recurrent counts\/m1" of shape \[4\], where this network needs one of shape \[24\]/],
      [mixed, /^the checkpoint's recurrent weights of module "m1" are not whole/],
    ] as const) {
      const error = errorOf(() => restoreState(kernels, run.network, { scalars, tensors: changed }));
      expect(error).toMatchObject({ code: "CHECKPOINT_MISMATCH", message: expect.stringMatching(text) });
    }
    const broken = { scalars: { ...scalars, tick: -1 }, tensors };
    expect(errorOf(() => restoreState(kernels, run.network, broken)).message).toMatch(
      /^checkpoint\.state\.tick: given -1/,
    );
  });
});
