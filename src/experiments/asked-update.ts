import type { Observable } from "rxjs";
import type { Kernels } from "../kernels/kernels.js";
import { ruleOf } from "../model/learning-rules.js";
import type { Task } from "../model/network.js";
import { type Parameters, retainParameters } from "../model/parameters.js";
import type { Run } from "../simulation/run-description.js";
import { continuousNetwork } from "../streams/continuous.js";
import type { NetworkEvent } from "../streams/events.js";
import { restingState } from "../streams/network-state.js";
import type { PhasedNetwork, PhasedTrial } from "../streams/phased.js";
import type { Stimulus } from "../streams/stimulus.js";
import { closedLoop } from "../streams/stimulus-door.js";
import { still } from "./phased-beside.js";

/** Gradients by the name of their weights. */
export type Gradients = ReadonlyMap<string, Float32Array>;

/** Reads the gradients that update events carry, while something runs. */
async function gathered(
  kernels: Kernels,
  events: Observable<NetworkEvent>,
  run: () => void,
): Promise<Gradients> {
  const reads: Promise<readonly [string, Float32Array]>[] = [];
  const subscription = events.subscribe({
    next(event) {
      if (event.kind !== "update" && event.kind !== "recurrentUpdate") return;
      if (!event.gradient) return;
      const { weights } = event;
      reads.push(kernels.read(event.gradient).then((gradient) => [weights, gradient] as const));
    },
    // whoever runs is told
    error: () => {},
  });
  run();
  subscription.unsubscribe();
  return new Map(await Promise.all(reads));
}

/** What a trial teaches a network, by its own rule; see `phasedBeside`. */
export const phasedUpdate = (
  phased: PhasedNetwork,
  trial: PhasedTrial,
  plastic: (pathway: string) => boolean,
): Promise<Gradients> => gathered(phased.kernels, phased.events, () => phased.learn(trial, plastic));

/**
 * What a continuous network, at rest before, learns from the first stimuli that a task presents; its weights stay as
 * they are.
 * @param parameters stay their owner's
 */
export async function continuousUpdate(
  kernels: Kernels,
  run: Run,
  parameters: Parameters,
  task: Task,
  stimulus: Stimulus,
  batch: number,
): Promise<Gradients> {
  const { network, schedule, beta, propagation } = run;
  if (schedule.kind !== "continuous") return new Map();
  const state = restingState(network, retainParameters(kernels, parameters), {
    batch,
    beta,
    optimiser: still,
  });
  const { forward, settling, clocks } = schedule;
  const ticks = clocks[task.name] ?? schedule.ticks;
  const live = continuousNetwork(
    { kernels, network, rule: ruleOf(run), state, propagation, keepGradients: true },
    { forward, settling, tasks: new Map([[task.name, { ticks, door: closedLoop(() => stimulus) }]]) },
  );
  try {
    return await gathered(kernels, live.events, () => {
      for (let tick = 0; tick < ticks.inference + ticks.learning; tick++) live.tick();
    });
  } finally {
    live.close();
  }
}
