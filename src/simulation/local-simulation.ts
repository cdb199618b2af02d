import { EddyError } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import { ruleOf } from "../model/learning-rules.js";
import { clock } from "../streams/clock.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import { byPart } from "./by-part.js";
import type { Checkpoint } from "./checkpoint.js";
import type { Applied, Command } from "./command.js";
import { Engine, hasEnded } from "./engine.js";
import { infoOf } from "./info.js";
import { interventionKinds } from "./interventions/perform.js";
import { checkPace, checkSteps, refuse } from "./interventions/ranges.js";
import { continueNetwork, openNetwork } from "./open-network.js";
import type { SimulationOptions } from "./open-options.js";
import { isClockCommand, type Pacing, pacing } from "./pacing.js";
import type { Part, PartCommand } from "./part.js";
import type { Run } from "./run-description.js";
import type { Simulation } from "./simulation.js";
import { statusOf } from "./status.js";
import { checkWatch } from "./watching/check-watch.js";
import { laneKeeper } from "./watching/lane-keeper.js";
import { topicsOf } from "./watching/topics.js";
import { Watches } from "./watching/watches.js";

/** A network that ticks, until it has ended or failed. */
interface Ticking {
  /** @throws EddyError SIMULATION_ENDED when it has ended or failed */
  check(): void;
  /** Ends it and frees everything, once. */
  end(): Promise<void>;
}

/**
 * Keeps a network ticking by the clock. Whatever fails, a tick, a read-back or the device, the clock stands still from
 * then on.
 */
function keepTicking(engine: Engine, seen: Watches, pacer: Pacing, ticks: number | null): Ticking {
  let ending: Promise<void> | null = null;
  let failed = false;
  seen.frames.subscribe({
    error() {
      failed = true;
      pacer.stop();
    },
  });
  // told at once, though it may be paused
  void engine.kernels.lost?.then((error) => seen.fail(error));
  const finish = async () => {
    clocked.unsubscribe();
    // whoever hears of the end finds everything freed
    await engine.close();
    // what parts told in the end goes out, too
    await seen.close();
    seen.complete();
  };
  const end = (): Promise<void> => {
    ending ??= finish();
    return ending;
  };
  const clocked = clock(pacer.pace, { hold: () => engine.hold(), late: () => engine.countLate() }).subscribe({
    next() {
      try {
        engine.tick();
      } catch (error) {
        seen.fail(error);
        return;
      }
      if (ticks !== null && engine.net.state.tick >= ticks) end().catch((error) => seen.fail(error));
    },
    error: (error) => seen.fail(error),
    complete: () => void end().catch((error) => seen.fail(error)),
  });
  return {
    check() {
      if (ending || failed) throw hasEnded();
    },
    end,
  };
}

const isPartCommand = (command: Command): command is PartCommand =>
  !isClockCommand(command) && !interventionKinds.has(command.kind);

/** The clock, a part or the network carries a client's command out. */
async function carryOut(engine: Engine, pacer: Pacing, command: Command): Promise<Applied> {
  if (isClockCommand(command)) {
    pacer.apply(command);
    return { tick: engine.net.state.tick };
  }
  if (isPartCommand(command)) {
    const { tick } = engine.net.state;
    return { tick, result: await byPart(engine.parts, command) };
  }
  const { tick } = await engine.intervene(command, "client");
  return { tick };
}

/**
 * Runs a network continuously in this thread.
 * @param doors where stimuli come in, by task
 * @param rule the run's, or one of the caller's own
 * @param partsOf what else takes part in it
 * @param from a checkpoint of this run to go on from
 * @throws EddyError INVALID_DESCRIPTION when the run is not continuous, INVALID_ARGUMENT for a pace or ticks out of
 *   range
 */
export function localSimulation(
  kernels: Kernels,
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  options: SimulationOptions,
  rule: LearningRule = ruleOf(run),
  partsOf: (engine: Engine, pacer: Pacing) => readonly Part[] = () => [],
  from: Checkpoint | null = null,
): Simulation {
  checkPace("ticksPerSecond", options.ticksPerSecond);
  if (options.ticks !== null) {
    checkSteps("ticks", options.ticks);
    const made = from?.snapshot.scalars.tick ?? 0;
    if (options.ticks <= made) throw refuse("ticks", options.ticks, `more than the ${made} made already`);
  }
  const engine = new Engine({
    kernels,
    run,
    from,
    open: (state) =>
      state ? continueNetwork(kernels, run, doors, rule, state) : openNetwork(kernels, run, doors, rule),
  });
  const keeper = laneKeeper(engine);
  const seen = new Watches(engine, { keeper });
  const pacer = pacing(options.ticksPerSecond, options.paused, () => engine.net.state.tick);
  for (const part of [keeper, seen, ...partsOf(engine, pacer)]) engine.attach(part);
  const topics = [
    ...topicsOf(run.network, engine.net.state.parameters),
    ...engine.parts.flatMap((part) => part.topics ?? []),
  ];
  const ticking = keepTicking(engine, seen, pacer, options.ticks);
  return {
    info: infoOf(run, kernels.name, engine.net.state),
    topics,
    frames: seen.frames,
    status: () => statusOf(engine, pacer),
    async watch(watch) {
      ticking.check();
      checkWatch(topics, run.batch, watch);
      return seen.add(watch);
    },
    unwatch: (handle) => seen.remove(handle),
    async command(command, branch) {
      ticking.check();
      if (branch !== undefined) {
        throw new EddyError("INVALID_ARGUMENT", `branch "${branch}": this simulation has none`);
      }
      return carryOut(engine, pacer, command);
    },
    close: ticking.end,
  };
}
