import { randomUUID } from "node:crypto";
import { BehaviorSubject, type Observable } from "rxjs";
import { EddyError } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import { ruleOf } from "../model/learning-rules.js";
import { clock, type Pace } from "../streams/clock.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import type { NetworkState } from "../streams/network-state.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import { checkPace, checkSteps, isIntervention, queuedEvent } from "./interventions.js";
import { openNetwork } from "./open-network.js";
import type { Run } from "./run-description.js";
import type { Command, Simulation, SimulationInfo, SimulationStatus } from "./simulation.js";
import { checkWatch, topicsOf } from "./topics.js";
import { type Watches, watches } from "./watches.js";

/** How a simulation begins and ends. */
export interface SimulationOptions {
  /** ticks a second; null is as fast as possible */
  readonly ticksPerSecond: number | null;
  /** ends after so many ticks; null goes on until closed */
  readonly ticks: number | null;
  /** waits for a resume or a step */
  readonly paused: boolean;
}

function infoOf({ name, tickMs, network }: Run, backend: string, { gates }: NetworkState): SimulationInfo {
  const place = (owner: string, kind: string) =>
    kind === "outputError" || kind === "moduleError" ? `error(${owner})` : owner;
  return {
    name,
    tickMs,
    backend,
    modules: Object.fromEntries(
      [...network.modules.values()].map(({ name: module, neurons, blocks, spectralRadius }) => [
        module,
        { neurons, blocks: Object.fromEntries(blocks), spectralRadius },
      ]),
    ),
    pathways: [...network.pathways.values()].map(({ id, kind, source, target, gate }) => ({
      id,
      kind,
      source: place(source.name, source.kind),
      target: target.name,
      gate: gates.get(id) ?? gate,
    })),
    tasks: [...network.tasks.keys()],
  };
}

function statusOf(
  { state, network }: ContinuousNetwork,
  paused: boolean,
  ticksPerSecond: number | null,
): SimulationStatus {
  return {
    tick: state.tick,
    paused,
    ticksPerSecond,
    learningRate: state.optimiser.learningRate,
    beta: state.beta,
    gates: Object.fromEntries([...network.pathways.keys()].map((id) => [id, state.gates.get(id) ?? 1])),
    spectralRadii: Object.fromEntries(
      [...state.parameters.recurrent].map(([name, { spectralRadius }]) => [name, spectralRadius]),
    ),
  };
}

/** The clock of a simulation and the commands that change it. */
function pacing({ ticksPerSecond, paused }: SimulationOptions) {
  let speed = ticksPerSecond;
  const running = (): Pace => ({ mode: "run", ticksPerSecond: speed });
  const pace = new BehaviorSubject<Pace>(paused ? { mode: "paused" } : running());
  return {
    pace: pace as Observable<Pace>,
    paused: () => pace.value.mode !== "run",
    speed: () => speed,
    stop: () => pace.next({ mode: "paused" }),
    apply(command: Extract<Command, { kind: "pause" | "resume" | "step" | "speed" }>) {
      switch (command.kind) {
        case "pause":
          pace.next({ mode: "paused" });
          break;
        case "resume":
          pace.next(running());
          break;
        case "step":
          checkSteps(command.ticks);
          pace.next({ mode: "step", ticks: command.ticks });
          break;
        case "speed":
          checkPace("ticksPerSecond", command.ticksPerSecond);
          speed = command.ticksPerSecond;
          if (pace.value.mode === "run") pace.next(running());
      }
    },
  };
}

/** Waits for what any of them waits for. */
const holdAll = (net: ContinuousNetwork, seen: Watches) => (): Promise<unknown> | null => {
  const waits = [net.hold(), seen.hold()].filter((wait) => wait !== null);
  return waits.length > 0 ? Promise.all(waits) : null;
};

/** A network that ticks, until it has ended or failed. */
interface Ticking {
  /** @throws EddyError SIMULATION_ENDED when it has ended or failed */
  check(): void;
  /** whether a tick is being made just now */
  within(): boolean;
  /** Ends it and frees everything, once. */
  end(): Promise<void>;
}

/**
 * Keeps a network ticking by the clock. Whatever fails, a tick, a read-back or the device, the clock stands still from
 * then on.
 */
function keepTicking(
  net: ContinuousNetwork,
  seen: Watches,
  pacer: ReturnType<typeof pacing>,
  ticks: number | null,
): Ticking {
  let ending: Promise<void> | null = null;
  let failed = false;
  let within = false;
  // tick() throws what these events err with
  net.events.subscribe({ next: (event) => seen.see(event), error: () => {} });
  seen.frames.subscribe({
    error() {
      failed = true;
      pacer.stop();
    },
  });
  // told at once, though it may be paused
  void net.kernels.lost?.then((error) => seen.fail(error));
  const finish = async () => {
    clocked.unsubscribe();
    await seen.idle();
    // whoever hears of the end finds everything freed
    net.close();
    seen.complete();
  };
  const end = (): Promise<void> => {
    ending ??= finish();
    return ending;
  };
  const clocked = clock(pacer.pace, { hold: holdAll(net, seen) }).subscribe({
    next() {
      within = true;
      try {
        net.tick();
      } catch (error) {
        seen.fail(error);
        return;
      } finally {
        within = false;
      }
      if (ticks !== null && net.state.tick >= ticks) end().catch((error) => seen.fail(error));
    },
    error: (error) => seen.fail(error),
  });
  return {
    check() {
      if (ending || failed) throw new EddyError("SIMULATION_ENDED", "the simulation has ended");
    },
    within: () => within,
    end,
  };
}

/**
 * Runs a network continuously in this thread.
 * @param doors where stimuli come in, by task
 * @param rule the run's, or one of the caller's own
 * @throws EddyError INVALID_DESCRIPTION when the run is not continuous, INVALID_ARGUMENT for a pace or ticks out of
 *   range
 */
export function localSimulation(
  kernels: Kernels,
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  options: SimulationOptions,
  rule: LearningRule = ruleOf(run),
): Simulation {
  checkPace("ticksPerSecond", options.ticksPerSecond);
  if (options.ticks !== null) checkSteps(options.ticks);
  const net = openNetwork(kernels, run, doors, rule);
  const { state } = net;
  const seen = watches(kernels, run.network, state);
  const topics = topicsOf(run.network);
  const pacer = pacing(options);
  const ticking = keepTicking(net, seen, pacer, options.ticks);
  return {
    info: infoOf(run, kernels.name, state),
    topics,
    epoch: randomUUID(),
    frames: seen.frames,
    status: () => statusOf(net, pacer.paused(), pacer.speed()),
    async watch(watch) {
      ticking.check();
      checkWatch(topics, state.batch, watch);
      return seen.add(watch);
    },
    unwatch: (handle) => seen.remove(handle),
    async command(command) {
      ticking.check();
      if (isIntervention(command)) {
        net.queue.push(queuedEvent(net.network, command));
        // between two ticks the boundary is now; a door may send commands in the middle of one
        if (!ticking.within()) net.drain();
      } else {
        pacer.apply(command);
      }
      return state.tick;
    },
    close: ticking.end,
  };
}
