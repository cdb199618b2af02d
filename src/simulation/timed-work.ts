import type { Kernels } from "../kernels/kernels.js";
import type { Weights } from "../model/initial-weights.js";
import type { LearningRule } from "../model/learning-rule.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import { type PhasedTrial, phasedNetwork } from "../streams/phased.js";
import type { Stimulus } from "../streams/stimulus.js";
import { endless, type StimulusDoor } from "../streams/stimulus-door.js";
import { finished } from "./bench/bench-network.js";
import { noiseTrial } from "./bench/trial-steps.js";
import { initialState, openNetwork } from "./open-network.js";
import type { Run } from "./run-description.js";

/** What a run does over and over, on one backend, at any size of the batch. */
export interface TimedWork {
  /** Makes it once; resolves when the backend has finished. @returns milliseconds of a tick, or of a learning step */
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

/** Ticks in a row: short enough for slow backends, long enough for the clock. */
const ticksAtOnce = 8;

/** A run's own network, doing what the run will do. */
export const timedWork = (place: WorkPlace): TimedWork =>
  place.run.schedule.kind === "phased" ? learningSteps(place) : ticks(place);

function learningSteps({ kernels, run, rule, weights }: WorkPlace): TimedWork {
  const { network, propagation, iterations } = run;
  const state = initialState(kernels, run, weights);
  const phased = phasedNetwork({ kernels, network, rule, state, propagation }, iterations, { whole: false });
  const trials = new Map<number, PhasedTrial>();
  return {
    async once(batch) {
      const trial = trials.get(batch) ?? noiseTrial(run, batch);
      trials.set(batch, trial);
      const startMs = performance.now();
      phased.learn(trial);
      const newest = [...state.parameters.learned.values()].at(-1)?.weights;
      for (const tensor of newest ? [newest] : state.outputs.values()) await finished(kernels, tensor);
      return performance.now() - startMs;
    },
    close: () => phased.close(),
  };
}

/** Doors that always show the same noise. */
function noiseDoors(run: Run): Map<string, StimulusDoor> {
  const { inputs, targets, batch } = noiseTrial(run, run.batch);
  const shown = (input: string, readout: string): Stimulus => ({
    input: inputs.get(input) ?? new Float32Array(),
    target: targets.get(readout) ?? null,
  });
  return new Map(
    [...run.network.tasks.values()].map(({ name, input, readout }) => {
      const stimulus = shown(input, readout);
      return [name, endless({ length: Number.POSITIVE_INFINITY, take: () => stimulus }, batch)];
    }),
  );
}

function ticks({ kernels, run, rule, weights }: WorkPlace): TimedWork {
  // a live network keeps its batch
  const networks = new Map<number, ContinuousNetwork>();
  const open = (batch: number): ContinuousNetwork => {
    const sized: Run = { ...run, batch };
    const net = openNetwork(kernels, sized, noiseDoors(sized), rule, weights);
    networks.set(batch, net);
    return net;
  };
  return {
    async once(batch) {
      const net = networks.get(batch) ?? open(batch);
      const startMs = performance.now();
      for (let i = 0; i < ticksAtOnce; i++) net.tick();
      const newest = [...net.state.states.values()].at(-1);
      if (newest) await finished(kernels, newest);
      return (performance.now() - startMs) / ticksAtOnce;
    },
    close() {
      for (const net of networks.values()) net.close();
    },
  };
}
