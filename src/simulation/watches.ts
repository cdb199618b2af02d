import { type Observable, Subject } from "rxjs";
import { EddyError } from "../errors.js";
import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { Task } from "../model/network.js";
import type { NetworkEvent, OutputEvent } from "../streams/events.js";
import type { NetworkState } from "../streams/network-state.js";
import { scoreOutput } from "../streams/score.js";
import type { Engine } from "./engine.js";
import type { Part } from "./part.js";
import type { Frame, Watch } from "./simulation.js";

/** Frames that may wait to be read back before the clock has to wait for them. */
const pendingFramesMax = 512;

/** The watches of a running network: turns what happens into frames, reading back only what somebody watches. */
export interface Watches extends Part {
  readonly frames: Observable<Frame>;
  add(watch: Watch): number;
  remove(handle: number): void;
  complete(): void;
  fail(error: unknown): void;
}

interface Active {
  readonly watch: Watch;
  lastTick: number;
}

/** The tensors of an event, by topic. */
function tensorsOf(event: NetworkEvent): readonly (readonly [topic: string, tensor: Tensor])[] {
  switch (event.kind) {
    case "state":
      return [
        [`state/${event.module}`, event.state],
        [`drive/${event.module}`, event.drive],
      ];
    case "error":
      return [[`error/${event.module}`, event.error]];
    case "output":
      return [[`output/${event.readout}`, event.output]];
    default:
      return [];
  }
}

/** Reads what one watch wants of a tensor; the kernel is enqueued before this returns. */
function sampled(kernels: Kernels, tensor: Tensor, { units, row = 0 }: Watch): Promise<Float32Array> {
  const { start, end, every } = units ?? { start: 0, end: tensor.shape[1], every: 1 };
  const sample = kernels.sample({ tensor, row, units: [start, end], every });
  return kernels.read(sample).finally(() => kernels.dispose(sample));
}

/** The result of a trial. @throws EddyError NOT_FINITE, as a rejection, when the loss is no number any more */
async function metrics(
  kernels: Kernels,
  { name, target: kind }: Task,
  state: NetworkState,
  { readout, output, trial, tick }: OutputEvent,
) {
  const target = state.targets.get(readout);
  if (!target) return null;
  const { count, loss, accuracy } = await scoreOutput(kernels, kind, output, target);
  if (!Number.isFinite(loss)) {
    throw new EddyError(
      "NOT_FINITE",
      `the loss of task ${name} became ${loss} in trial ${trial + 1}, at tick ${tick}; lower optimiser.learningRate, beta or the spectral radius`,
    );
  }
  return { task: name, trial, tick, count, loss, accuracy };
}

/** The watches of a simulation. It begins without one; its frames end with `complete` or `fail`. */
export function watches(engine: Engine): Watches {
  const { kernels } = engine;
  const { network } = engine.run;
  const frames = new Subject<Frame>();
  const active = new Map<number, Active>();
  const taskOf = new Map([...network.tasks.values()].map((task) => [task.readout, task]));
  let handles = 0;
  let pending = 0;
  let tail: Promise<void> = Promise.resolve();

  /** Frames leave in the order in which they were asked for, whichever read is done first. */
  const send = (handle: number, tick: number, payload: Promise<Frame["payload"] | null>) => {
    pending += 1;
    const settled = payload.catch((error) => {
      frames.error(error);
      return null;
    });
    tail = tail.then(async () => {
      const value = await settled;
      pending -= 1;
      if (value && active.has(handle)) frames.next({ watch: handle, tick, payload: value });
    });
  };
  const seeTensor = (topic: string, tick: number, tensor: Tensor) => {
    for (const [handle, entry] of active) {
      if (entry.watch.topic !== topic || tick - entry.lastTick < entry.watch.every) continue;
      // aligned, so that modules watched alike are seen at the same ticks
      entry.lastTick = tick - (tick % entry.watch.every);
      send(handle, tick, sampled(kernels, tensor, entry.watch));
    }
  };
  const watching = (topic: string) => [...active].filter(([, { watch }]) => watch.topic === topic);

  return {
    frames: frames.asObservable(),
    add(watch) {
      handles += 1;
      active.set(handles, { watch, lastTick: Number.NEGATIVE_INFINITY });
      return handles;
    },
    remove: (handle) => void active.delete(handle),
    see(event) {
      if (active.size === 0) return;
      for (const [topic, tensor] of tensorsOf(event)) seeTensor(topic, event.tick, tensor);
      if (event.kind === "output") {
        const task = taskOf.get(event.readout);
        const watchers = task ? watching(`metrics/${task.name}`) : [];
        if (!task || watchers.length === 0) return;
        const record = metrics(kernels, task, engine.net.state, event);
        for (const [handle] of watchers) send(handle, event.tick, record);
      }
      if (event.kind === "phase" || event.kind === "gate") {
        for (const [handle] of watching("events")) send(handle, event.tick, Promise.resolve({ ...event }));
      }
    },
    told(event) {
      for (const [handle] of watching("events")) send(handle, event.tick, Promise.resolve(event));
    },
    hold: () => (pending > pendingFramesMax ? tail : null),
    status: () => ({ load: { ...engine.load, lateTicks: 0, framesWaiting: pending } }),
    close: () => tail,
    complete: () => frames.complete(),
    fail: (error) => frames.error(error),
  };
}
