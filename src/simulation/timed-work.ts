import { invariant } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { Weights } from "../model/initial-weights.js";
import type { LearningRule } from "../model/learning-rule.js";
import type { Task } from "../model/network.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import { type PhasedTrial, phasedNetwork } from "../streams/phased.js";
import type { Stimulus } from "../streams/stimulus.js";
import { endless, type StimulusDoor } from "../streams/stimulus-door.js";
import { learningFinished } from "./bench/bench-network.js";
import { makeTicks } from "./bench/live-ticks.js";
import { noiseTrial } from "./bench/trial-steps.js";
import { initialState, openNetwork } from "./open-network.js";
import type { Run } from "./run-description.js";

/** What a run does over and over, on one backend, at any size of the batch. */
export interface TimedWork {
  /** ticks of a trial, or the one learning step, that are made at once */
  readonly steps: number;
  /** Makes them; resolves when the backend has finished. @returns milliseconds of all */
  once(batch: number): Promise<number>;
  close(): void;
}

/** Where it is made: a run on stimuli of noise, since what they show makes no difference to how long it takes. */
export interface WorkPlace {
  readonly kernels: Kernels;
  readonly run: Run;
  readonly rule: LearningRule;
  /** the run's, or as many */
  readonly weights: Weights;
}

/** Ticks of a trial that is timed, at most. A longer one is shortened, in proportion, for the sake of slow backends. */
const trialTicksMax = 128;

/** Stimuli that take turns. Of one that never changes, no trial would begin with anything new. */
const stimuli = 3;

/** A run's own network, doing what the run will do. */
export const timedWork = (place: WorkPlace): TimedWork =>
  place.run.schedule.kind === "phased" ? learningSteps(place) : ticks(place);

function learningSteps({ kernels, run, rule, weights }: WorkPlace): TimedWork {
  const { network, propagation, iterations } = run;
  const state = initialState(kernels, run, weights);
  const phased = phasedNetwork({ kernels, network, rule, state, propagation }, iterations, { whole: false });
  const trials = new Map<number, PhasedTrial>();
  return {
    steps: 1,
    async once(batch) {
      const trial = trials.get(batch) ?? noiseTrial(run, batch);
      trials.set(batch, trial);
      const startMs = performance.now();
      phased.learn(trial);
      await learningFinished(kernels, state);
      return performance.now() - startMs;
    },
    close: () => phased.close(),
  };
}

/** Doors that show a few batches of noise in turn. */
function noiseDoors(run: Run): Map<string, StimulusDoor> {
  const { batch, network } = run;
  const trials = Array.from({ length: stimuli }, (_, index) => noiseTrial(run, batch, index + 1));
  const shown = ({ inputs, targets }: PhasedTrial, { input, readout }: Task): Stimulus => ({
    input: inputs.get(input) ?? new Float32Array(),
    target: targets.get(readout) ?? null,
  });
  return new Map(
    [...network.tasks.values()].map((task) => {
      const take = (first: number): Stimulus => shown(trials[(first / batch) % stimuli], task);
      return [task.name, endless({ length: Number.POSITIVE_INFINITY, take }, batch)];
    }),
  );
}

type Ticks = Extract<Run["schedule"], { kind: "continuous" }>["ticks"];

function shortened({ inference, learning }: Ticks): Ticks {
  const share = Math.min(1, trialTicksMax / (inference + learning));
  return {
    inference: Math.max(1, Math.floor(share * inference)),
    learning: Math.max(1, Math.floor(share * learning)),
  };
}

/** A continuous run whose trials are short enough to time, and the ticks of its longest. */
function timedTrials(run: Run): { readonly run: Run; readonly ticks: number } {
  const { schedule } = run;
  invariant(schedule.kind === "continuous", "ticks are of continuous operation");
  const ticks = shortened(schedule.ticks);
  const clocks = Object.fromEntries(
    Object.entries(schedule.clocks).map(([task, own]) => [task, shortened(own)]),
  );
  const lengths = [...run.network.tasks.keys()].map((task) => {
    const { inference, learning } = clocks[task] ?? ticks;
    return inference + learning;
  });
  return { run: { ...run, schedule: { ...schedule, ticks, clocks } }, ticks: Math.max(...lengths) };
}

/** Whole trials: what a backend leaves out of ticks in which nothing moves counts for as much as it will in the run. */
function ticks({ kernels, run: whole, rule, weights }: WorkPlace): TimedWork {
  const { run, ticks: steps } = timedTrials(whole);
  // a live network keeps its batch
  const networks = new Map<number, ContinuousNetwork>();
  const open = (batch: number): ContinuousNetwork => {
    const sized: Run = { ...run, batch };
    const net = openNetwork(kernels, sized, noiseDoors(sized), rule, weights);
    networks.set(batch, net);
    return net;
  };
  return {
    steps,
    async once(batch) {
      const net = networks.get(batch) ?? open(batch);
      const startMs = performance.now();
      await makeTicks(net, steps);
      return performance.now() - startMs;
    },
    close() {
      for (const net of networks.values()) net.close();
    },
  };
}
