import type { Intervention, RecordedTopic } from "../../../src/simulation/command.js";
import type { OpenOptions } from "../../../src/simulation/open-options.js";
import { simulate } from "../../../src/simulation/simulate.js";
import type { Frame, Simulation } from "../../../src/simulation/simulation.js";
import { scene, until } from "../running.js";

/** A scene so small that a chunk of its states has 1,024 samples. */
export const small = {
  ...scene,
  network: { ...scene.network, neurons: 16, inputs: 1024 },
  batch: 2,
};

export interface Recorder {
  readonly simulation: Simulation;
  readonly frames: readonly Frame[];
  /** Begins to record under the name "run". */
  record(topics?: readonly RecordedTopic[], hashes?: "phases" | "ticks"): Promise<void>;
  step(ticks: number): Promise<void>;
  intervene(command: Intervention): Promise<void>;
}

/** Opens a simulation that records into a folder, paused. */
export async function recorder(
  folder: string,
  { backend = "reference", ...options }: OpenOptions = {},
  value: unknown = small,
): Promise<Recorder> {
  const simulation = await simulate(value, {
    backend,
    paused: true,
    recordings: { folder, freeBytesMin: 0 },
    ...options,
  });
  const frames: Frame[] = [];
  simulation.frames.subscribe({ next: (frame) => frames.push(frame), error: () => {} });
  return {
    simulation,
    frames,
    async record(topics = [], hashes = "phases") {
      await simulation.command({ kind: "record", name: "run", topics, hashes });
    },
    async step(ticks) {
      const target = simulation.status().tick + ticks;
      await simulation.command({ kind: "step", ticks });
      await until(() => simulation.status().tick === target);
    },
    async intervene(command) {
      await simulation.command(command);
    },
  };
}
