import { afterEach } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { ruleOf } from "../../../src/model/learning-rules.js";
import { Engine } from "../../../src/simulation/engine.js";
import { continueNetwork, openNetwork } from "../../../src/simulation/open-network.js";
import { openStimuli } from "../../../src/simulation/open-stimuli.js";
import type { Part } from "../../../src/simulation/part.js";
import { resolveRun } from "../../../src/simulation/run-description.js";
import type { Frame, Watch } from "../../../src/simulation/simulation.js";
import { laneKeeper } from "../../../src/simulation/watching/lane-keeper.js";
import { Watches } from "../../../src/simulation/watching/watches.js";
import type { NetworkEvent } from "../../../src/streams/events.js";
import { endless } from "../../../src/streams/stimulus-door.js";
import { scene } from "../running.js";
import { manualTimer } from "./manual-timer.js";

/** An engine whose ticks the test makes, with watches that go by a timer of the test's. */
export interface Watched {
  readonly engine: Engine;
  /** all that the network told */
  readonly events: readonly NetworkEvent[];
  readonly frames: readonly Frame[];
  readonly keeper: ReturnType<typeof laneKeeper>;
  readonly watches: Watches;
  readonly kernels: Kernels;
  /** tensors that were read back so far */
  reads(): number;
  /** Lets so many milliseconds go by, and reads come back. */
  pass(ms: number): Promise<void>;
  /** Makes so many ticks, each after so many milliseconds, and waits until their frames are there. */
  step(ticks: number, tickMs?: number): Promise<void>;
  watch(watch: Partial<Watch> & { topic: string }): () => Frame[];
}

const opened: Watched[] = [];
afterEach(async () => {
  for (const { engine, kernels } of opened.splice(0)) {
    await engine.close();
    kernels.close();
  }
});

const readsDone = () => new Promise((resolve) => setImmediate(resolve));

/**
 * @param parts of the test's own
 * @param marks that the lanes' memory has room for
 */
export async function watched(
  parts: readonly Part[] = [],
  marks?: number,
  backend = "reference",
): Promise<Watched> {
  const run = resolveRun(scene);
  let reads = 0;
  const plain = await openKernels(backend);
  const kernels: Kernels = {
    ...plain,
    read(tensor) {
      reads += 1;
      return plain.read(tensor);
    },
  };
  const doors = new Map(
    [...openStimuli(run, "")].map(([task, { training }]) => [task, endless(training, run.batch)]),
  );
  const engine = new Engine({
    kernels,
    run,
    open: (state) =>
      state
        ? continueNetwork(kernels, run, doors, ruleOf(run), state)
        : openNetwork(kernels, run, doors, ruleOf(run)),
  });
  const { timer, pass } = manualTimer();
  const keeper = laneKeeper(engine, marks);
  const watches = new Watches(engine, { keeper, timer });
  const events: NetworkEvent[] = [];
  const frames: Frame[] = [];
  watches.frames.subscribe((frame) => frames.push(frame));
  const seeing: Part = { see: (event) => void events.push(event) };
  for (const part of [keeper, watches, seeing, ...parts]) engine.attach(part);
  const result: Watched = {
    engine,
    events,
    frames,
    keeper,
    watches,
    kernels,
    reads: () => reads,
    async pass(ms) {
      pass(ms);
      await readsDone();
    },
    async step(ticks, tickMs = 0) {
      for (let i = 0; i < ticks; i++) {
        await engine.hold();
        pass(tickMs);
        engine.tick();
      }
      await readsDone();
    },
    watch(watch) {
      const handle = watches.add({ every: 1, ...watch });
      return () => frames.filter((frame) => frame.watch === handle);
    },
  };
  opened.push(result);
  return result;
}
