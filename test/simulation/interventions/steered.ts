import { expect } from "vitest";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { learningRules } from "../../../src/model/learning-rules.js";
import { twoTasks } from "../../../src/model/presets.js";
import { random } from "../../../src/model/random.js";
import type { Checkpoint } from "../../../src/simulation/checkpoint.js";
import type { Intervention } from "../../../src/simulation/command.js";
import { Engine } from "../../../src/simulation/engine.js";
import { continueNetwork, openNetwork } from "../../../src/simulation/open-network.js";
import { describeRun, type Run, resolveRun } from "../../../src/simulation/run-description.js";
import type { StateSnapshot } from "../../../src/simulation/state-snapshot.js";
import { restoreState } from "../../../src/simulation/state-snapshot.js";
import type { Examples, StimulusSource } from "../../../src/streams/stimulus.js";
import { endlessSource, type StimulusDoor } from "../../../src/streams/stimulus-door.js";

export const tasks = ["first", "second"] as const;
export const batch = 2;
export const neurons = 24;
export const inputs = 5;
export const outputs = 2;

/** Uniform in +-contrast, and random classes; the same for the same seed, contrast and number. */
function examples(name: string, seed: number, contrast: number): Examples {
  return {
    length: Number.POSITIVE_INFINITY,
    take(first, count) {
      const input = new Float32Array(inputs * count);
      const target = new Float32Array(outputs * count);
      for (let i = 0; i < count; i++) {
        const source = random(seed, `${name} ${first + i}`);
        for (let j = 0; j < inputs; j++) input[inputs * i + j] = source.uniform(-contrast, contrast);
        target[outputs * i + source.integer(outputs)] = 1;
      }
      return { input, target };
    },
  };
}

/** A source with one number to change. */
export const sourceOf = (name: string): StimulusSource => ({
  name,
  size: inputs,
  outputs,
  training: examples(name, 1, 1),
  test: null,
  parameters: { contrast: { value: 1, least: 0, most: 4 } },
  vary: (seed, { contrast = 1 }) => examples(name, seed, contrast),
});

/** How the small network differs from the usual one. */
export interface Variant {
  readonly activation?: "tanh" | "sigmoid" | "hardSigmoid" | "relu";
  readonly optimiser?: "adam" | "sgd";
  readonly events?: boolean;
  readonly forward?: "held" | "live";
  readonly timeStep?: number;
}

/** Two tasks over shared feedback, with delays of one, two and four ticks, and biases; one module learns its W and b. */
export function runOf({ activation, optimiser = "adam", events, forward, timeStep }: Variant = {}): Run {
  const network = twoTasks({ preset: "shared-feedback", neurons, inputs, outputs, tasks: [...tasks] });
  const delays = [1, 4, 2];
  const modules = Object.entries(network.modules).map(([name, module]) => [
    name,
    {
      ...module,
      ...(activation && { activation }),
      ...(timeStep && { timeStep }),
      spectralRadius: 0.9,
      // m2 has none, so that one has to be made where a unit is silenced
      ...(name !== "m2" && { bias: { distribution: "normal", deviation: 0.1 } }),
      ...(name === "m3" && { learning: { W: 0.5, b: 0.5 } }),
    },
  ]);
  const description = {
    ...network,
    modules: Object.fromEntries(modules),
    forward: network.forward?.map((pathway, i) => ({ ...pathway, delay: delays[i % 3] })),
    errorPathways: network.errorPathways?.map((pathway, i) => ({ ...pathway, delay: delays[(i + 1) % 3] })),
  };
  return resolveRun(
    {
      network: description,
      batch,
      optimiser: { kind: optimiser, learningRate: 0.05 },
      ...(events && { propagation: { epsilon: 0.01, fullEvery: 9 } }),
      schedule: {
        kind: "continuous",
        forward,
        clocks: { first: { inference: 7, learning: 4 }, second: { inference: 5, learning: 6 } },
      },
    },
    new Set(tasks),
  );
}

/** An engine and what tests do with it. */
export interface Steered {
  readonly engine: Engine;
  readonly events: Record<string, unknown>[];
  /** checkpoints that `keep` made, by name */
  keep(name: string): Promise<void>;
  ticks(count: number): Promise<void>;
  apply(...commands: readonly Intervention[]): Promise<void>;
  /** all bits of the state, the tick and what an epoch changes aside, too */
  snapshot(): Promise<StateSnapshot>;
}

/**
 * Opens an engine over the small network; `keep` is a small part that keeps checkpoints, as the one of the program does.
 * @param from a snapshot to go on from
 */
export function steer(
  kernels: Kernels,
  run: Run,
  options: {
    readonly from?: StateSnapshot;
    readonly kept?: Map<string, Checkpoint>;
    readonly doors?: ReadonlyMap<string, StimulusDoor>;
  } = {},
): Steered {
  const doors = options.doors ?? new Map(tasks.map((name) => [name, endlessSource(sourceOf(name), batch)]));
  const rule = learningRules.EPE;
  const { from, kept = new Map<string, Checkpoint>() } = options;
  const engine = new Engine({
    kernels,
    run,
    open: (state) => {
      const begun = state ?? (from && restoreState(kernels, run.network, from));
      return begun
        ? continueNetwork(kernels, run, doors, rule, begun)
        : openNetwork(kernels, run, doors, rule);
    },
  });
  const events: Record<string, unknown>[] = [];
  engine.attach({
    told: (event) => void events.push(event),
    checkpoint(name) {
      const found = kept.get(name);
      return found ? Promise.resolve(found) : null;
    },
  });
  return {
    engine,
    events,
    async keep(name) {
      const snapshot = await engine.snapshot();
      kept.set(name, { run: describeRun(run), progress: {}, snapshot });
    },
    async ticks(count) {
      for (let i = 0; i < count; i++) {
        const held = engine.hold();
        if (held) await held;
        engine.tick();
      }
    },
    async apply(...commands) {
      for (const command of commands) await engine.intervene(command, "client");
    },
    snapshot: () => engine.snapshot(),
  };
}

const bits = (values: Float32Array) => new Int32Array(values.buffer, values.byteOffset, values.length);

/** The same tensors to the bit, and the same numbers. */
export function expectSame(
  given: StateSnapshot,
  wanted: StateSnapshot,
  scalars: readonly (keyof StateSnapshot["scalars"])[] = Object.keys(
    wanted.scalars,
  ) as (keyof StateSnapshot["scalars"])[],
): void {
  for (const name of scalars) expect(given.scalars[name], name).toEqual(wanted.scalars[name]);
  expect([...given.tensors.keys()].sort()).toEqual([...wanted.tensors.keys()].sort());
  for (const [name, { shape, data }] of wanted.tensors) {
    expect(given.tensors.get(name)?.shape, name).toEqual(shape);
    expect(bits(given.tensors.get(name)!.data), name).toEqual(bits(data));
  }
}
