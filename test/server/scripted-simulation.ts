import { Subject } from "rxjs";
import { EddyError } from "../../src/errors.js";
import type {
  Applied,
  Command,
  Frame,
  Simulation,
  SimulationInfo,
  SimulationStatus,
  Topic,
  Watch,
} from "../../src/simulation/simulation.js";

export const NEURONS = 16;
const STEP_TICKS_MAX = 1_000_000;

const info: SimulationInfo = {
  name: "scripted",
  tickMs: 1,
  backend: "none",
  modules: { m1: { neurons: NEURONS, blocks: { RI: [0, 4], SI: [4, 8] }, spectralRadius: 0.25 } },
  pathways: [{ id: "in->m1", kind: "forward", source: "in", target: "m1", gate: 1 }],
  tasks: ["gabor"],
};

const topics: readonly Topic[] = [
  { topic: "state/m1", payload: "tensor", units: NEURONS },
  { topic: "error/m1", payload: "tensor", units: NEURONS },
  { topic: "output/out", payload: "tensor", units: 2 },
  { topic: "metrics/gabor", payload: "record" },
  { topic: "events", payload: "record" },
];

/** Value of a unit of a topic at a tick, so that a test knows what it has to get; exact in float32. */
export function valueAt(topic: string, tick: number, unit: number): number {
  return tick * 64 + unit + (topic.startsWith("error") ? 0.5 : 0);
}

/** A simulation without a network: it ticks when told, and each value says where it comes from. */
export class ScriptedSimulation implements Simulation {
  readonly info = info;
  topics: readonly Topic[] = topics;
  readonly frames = new Subject<Frame>();
  readonly watches = new Map<number, Watch>();
  readonly applied: Command[] = [];
  watchesBegun = 0;
  #status: SimulationStatus = {
    tick: 0,
    epoch: "epoch-1",
    paused: true,
    ticksPerSecond: null,
    learningRate: 1e-3,
    beta: 1,
    gates: { "in->m1": 1 },
    spectralRadii: { m1: 0.25 },
    noise: {},
    parameters: {},
    worlds: {},
    alarms: {},
    recording: null,
    checkpoint: null,
    degraded: null,
    branches: {},
    load: { ticks: 0, tickSeconds: 0, watchingSeconds: 0, lateTicks: 0, framesWaiting: 0 },
  };
  #hasEnded = false;

  status(): SimulationStatus {
    return this.#status;
  }

  async watch(watch: Watch): Promise<number> {
    const topic = this.topics.find((candidate) => candidate.topic === watch.topic);
    if (!topic || (watch.units && watch.units.end > (topic.units ?? 0))) {
      throw new EddyError("INVALID_ARGUMENT", `cannot watch ${watch.topic}`);
    }
    if (watch.row !== undefined && watch.row !== "mean" && watch.row > 0) {
      throw new EddyError("INVALID_ARGUMENT", `row ${watch.row}: the batch has one`);
    }
    this.watchesBegun += 1;
    this.watches.set(this.watchesBegun, watch);
    return this.watchesBegun;
  }

  unwatch(handle: number): void {
    this.watches.delete(handle);
  }

  /** A new epoch begins, as after a reset. */
  beginEpoch(epoch: string): void {
    this.#status = { ...this.#status, epoch };
  }

  /** It goes on with less, as after a GPU was lost. */
  degrade(why: string): void {
    this.#status = { ...this.#status, degraded: why };
  }

  async command(command: Command): Promise<Applied> {
    if (this.#hasEnded) throw new EddyError("SIMULATION_ENDED", "the simulation has ended");
    const { tick } = this.#status;
    const change = this.#change(command);
    this.applied.push(command);
    this.#status = { ...this.#status, ...change };
    this.#emit("events", { kind: "command", command });
    if (command.kind === "step") this.tick(command.ticks);
    return { tick };
  }

  /** Makes ticks, each with its frames. */
  tick(ticks = 1): void {
    for (let made = 0; made < ticks; made += 1) {
      const tick = this.#status.tick + 1;
      this.#status = { ...this.#status, tick };
      for (const [handle, watch] of this.watches) {
        if (tick % watch.every !== 0 || watch.topic === "events") continue;
        this.frames.next({ watch: handle, tick, payload: payloadOf(watch, tick) });
      }
    }
  }

  /** Sends frames at a tick and of a payload that the test chooses. */
  emitRecord(topic: string, payload: Readonly<Record<string, unknown>>): void {
    this.#emit(topic, payload);
  }

  async close(): Promise<void> {
    this.#hasEnded = true;
    this.frames.complete();
  }

  #emit(topic: string, payload: Readonly<Record<string, unknown>>): void {
    for (const [handle, watch] of this.watches) {
      if (watch.topic === topic) this.frames.next({ watch: handle, tick: this.#status.tick, payload });
    }
  }

  #change(command: Command): Partial<SimulationStatus> {
    switch (command.kind) {
      case "step":
        // it makes them all at once
        if (command.ticks < 1 || command.ticks > STEP_TICKS_MAX) {
          throw new EddyError("INVALID_ARGUMENT", `ticks: given ${command.ticks}`);
        }
        return { paused: true };
      case "pause":
        return { paused: true };
      case "resume":
        return { paused: false };
      case "speed":
        return { ticksPerSecond: command.ticksPerSecond };
      case "learningRate":
        return { learningRate: command.value };
      case "beta":
        return { beta: command.value };
      case "gate":
        if (!(command.pathway in this.#status.gates)) {
          throw new EddyError("INVALID_ARGUMENT", `pathway "${command.pathway}" is none of: in->m1`);
        }
        if (command.gate < 0 || command.gate > 1) {
          throw new EddyError("INVALID_ARGUMENT", `gate: given ${command.gate}`);
        }
        return { gates: { ...this.#status.gates, [command.pathway]: command.gate } };
      case "spectralRadius":
        if (!(command.module in this.#status.spectralRadii)) {
          throw new EddyError("INVALID_ARGUMENT", `module "${command.module}" is none of: m1`);
        }
        return { spectralRadii: { ...this.#status.spectralRadii, [command.module]: command.value } };
      default:
        throw new EddyError("INVALID_ARGUMENT", `kind: given "${command.kind}"`);
    }
  }
}

function payloadOf(watch: Watch, tick: number): Frame["payload"] {
  if (watch.topic.startsWith("metrics")) return { tick, accuracy: 0.5 };
  const size = topics.find((topic) => topic.topic === watch.topic)?.units ?? 0;
  const { start, end, every } = watch.units ?? { start: 0, end: size, every: 1 };
  const values: number[] = [];
  for (let unit = start; unit < end; unit += every) values.push(valueAt(watch.topic, tick, unit));
  return Float32Array.from(values);
}
