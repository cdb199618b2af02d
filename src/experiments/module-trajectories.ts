import type { Kernels, Tensor } from "../kernels/kernels.js";
import { ruleOf } from "../model/learning-rules.js";
import type { Parameters } from "../model/parameters.js";
import type { Run } from "../simulation/run-description.js";
import { openGates } from "../streams/open-gates.js";
import type { PhasedTrial } from "../streams/phased.js";
import { phasedBeside } from "./phased-beside.js";

/** The states of one module in both phases of a trial, each from its start to its end. */
export interface Trajectories {
  /** [iterations + 1][neurons] */
  readonly inference: readonly Float32Array[];
  /** [iterations + 1][neurons] */
  readonly learning: readonly Float32Array[];
}

/** What a trajectory is of: one example, and how long each phase is. */
export interface Course {
  readonly module: string;
  /** of one example */
  readonly trial: PhasedTrial;
  readonly tasks: readonly string[];
  readonly inference: number;
  readonly learning: number;
}

/**
 * Makes one trial, iteration by iteration, and keeps a module's states on the way. Nothing is learned.
 * @param parameters stay their owner's
 */
export async function moduleTrajectories(
  kernels: Kernels,
  run: Run,
  parameters: Parameters,
  { module, trial, tasks, inference, learning }: Course,
): Promise<Trajectories> {
  const phased = phasedBeside(kernels, { ...run, iterations: { inference, learning } }, parameters, {
    stepwise: true,
  });
  const visited: { readonly phase: string; readonly state: Tensor }[] = [];
  phased.events.subscribe({
    next(event) {
      if (event.kind === "state" && event.module === module)
        visited.push({ phase: event.phase, state: kernels.retain(event.state) });
    },
    // whoever makes the trial is told
    error: () => {},
  });
  const [first, second] = ruleOf(run).phases;
  const along = (phase: string) =>
    Promise.all(visited.filter((one) => one.phase === phase).map(({ state }) => kernels.read(state)));
  try {
    openGates(run.network, phased.state, tasks);
    phased.learn(trial);
    const neurons = run.network.modules.get(module)?.neurons ?? 0;
    const rest = new Float32Array(neurons);
    const inferred = [rest, ...(await along(first.name))];
    const start = second.start === "zero" ? rest : inferred[inferred.length - 1];
    return { inference: inferred, learning: [start, ...(await along(second.name))] };
  } finally {
    for (const { state } of visited) kernels.dispose(state);
    phased.close();
  }
}
