import { setImmediate } from "node:timers/promises";
import type { Run } from "../simulation/run-description.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import { answersProbabilities, type Score, scoreOutput } from "../streams/score.js";

/** How well a task's stimuli were answered, before they were learned from. */
export interface OnlineScore {
  readonly task: string;
  readonly score: Score;
}

/** Scores of a network in continuous operation. */
export interface OnlineScores {
  /** The scores of the trials answered since the last call, in their order. */
  read(): Promise<readonly OnlineScore[]>;
}

/** Scores every answer of a network for which there is a target, at the moment when it is given. */
export function onlineScores({ network }: Run, { kernels, events, state }: ContinuousNetwork): OnlineScores {
  const tasks = new Map([...network.tasks.values()].map((task) => [task.readout, task]));
  let reads: Promise<OnlineScore>[] = [];
  events.subscribe({
    next(event) {
      if (event.kind !== "output") return;
      const task = tasks.get(event.readout);
      const target = state.targets.get(event.readout);
      if (!task || !target) return;
      const probabilities = answersProbabilities(network, task);
      const read = scoreOutput(kernels, task.target, event.output, target, probabilities);
      reads.push(read.then((score) => ({ task: task.name, score })));
    },
    // whoever makes the tick is told
    error: () => {},
  });
  return {
    async read() {
      if (reads.length === 0) return [];
      const scored = await Promise.all(reads);
      reads = [];
      // promises alone never let a signal, a timer or a key have its turn
      await setImmediate();
      return scored;
    },
  };
}
