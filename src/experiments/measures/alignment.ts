import { z } from "zod";
import type { Kernels } from "../../kernels/kernels.js";
import type { Phase } from "../../model/learning-rule.js";
import { ruleOf } from "../../model/learning-rules.js";
import type { Network, Task } from "../../model/network.js";
import type { Parameters } from "../../model/parameters.js";
import { invalid, strictObject } from "../../model/validate.js";
import { presentTrial } from "../../simulation/epoch-plan.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import { openGates } from "../../streams/open-gates.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import { continuousUpdate, type Gradients, phasedUpdate } from "../asked-update.js";
import { keptRow } from "../kept-rows.js";
import { keptEpochs, openKeptTraining } from "../kept-training.js";
import type { Measure, Row } from "../measure.js";
import { phasedBeside } from "../phased-beside.js";
import { joined, products, similarity } from "../similarity.js";
import { trueGradient } from "../true-gradient.js";

const options = strictObject({
  epochs: z
    .array(z.int().min(0).max(100_000))
    .min(1)
    .default([0, 5])
    .describe("looks at the network after so many epochs of training, 0: as it was drawn"),
});

type Options = z.output<typeof options>;

/** Trains as the run says, but in trials also what is to be looked at in continuous operation. */
const trainingRun = (run: Run, epochs: number): Run => ({
  ...run,
  schedule:
    run.schedule.kind === "phased"
      ? { ...run.schedule, epochs }
      : { kind: "phased", epochs, tasks: "simultaneous" },
});

/** Refuses what does not settle as the true gradient has it: module after module, in as many whole iterations. */
function checkSettling({ network, iterations, rule }: Run, { together }: Phase): void {
  if (iterations.tolerance !== undefined) {
    throw invalid(
      "run.iterations.tolerance",
      iterations.tolerance,
      "nothing: a phase that ends by itself has no number of iterations to differentiate through",
    );
  }
  if (together)
    throw invalid("run.rule", rule, "a rule by which modules settle one after the other: STE, EPE, BP or FA");
  for (const { name, timeStep } of network.modules.values()) {
    if (timeStep !== 1)
      throw invalid(`network.modules.${name}.timeStep`, timeStep, "1: whole iterations are differentiated");
  }
}

/** Iterations of each module in the inference phase of trials. */
function iterationsOf(run: Run): number {
  const [inference] = ruleOf(run).phases;
  checkSettling(run, inference);
  const { iterations } = inference;
  return typeof iterations === "number" ? iterations : run.iterations[iterations];
}

async function read(kernels: Kernels, tensors: Awaited<ReturnType<typeof trueGradient>>): Promise<Gradients> {
  const reads = [...tensors].map(async ([name, tensor]) => {
    const values = await kernels.read(tensor).finally(() => kernels.dispose(tensor));
    return [name, values] as const;
  });
  return new Map(await Promise.all(reads));
}

/** A run whose network is looked at. */
interface Looking {
  readonly run: Run;
  readonly kernels: Kernels;
  readonly sources: ReadonlyMap<string, StimulusSource>;
  /** of each module in the inference phase of trials */
  readonly iterations: number;
}

/** The run's update and the true gradient, at the same weights and stimuli. */
async function both(
  { run, kernels, sources, iterations }: Looking,
  parameters: Parameters,
  task: Task,
): Promise<readonly [update: Gradients, gradient: Gradients]> {
  const { network, batch, schedule } = run;
  const first = { tasks: [task.name], first: 0, count: batch };
  const trial = presentTrial(run, sources, first, "training");
  const phased = phasedBeside(kernels, run, parameters);
  try {
    openGates(network, phased.state, first.tasks);
    phased.infer(trial);
    const gradient = await read(kernels, await trueGradient(phased, iterations));
    if (schedule.kind === "phased") return [await phasedUpdate(phased, trial, plasticIn(task)), gradient];
    const input = trial.inputs.get(task.input) ?? new Float32Array();
    const stimulus = { input, target: trial.targets.get(task.readout) ?? null };
    return [await continuousUpdate(kernels, run, parameters, task, stimulus, batch), gradient];
  } finally {
    phased.close();
  }
}

const plasticIn =
  ({ configuration }: Task) =>
  (pathway: string): boolean =>
    configuration.get(pathway)?.plastic ?? false;

/** Whether weights may learn from a task: biases always, others through a pathway that the task lets learn. */
function learnsFrom({ pathways }: Network, task: Task): (weights: string) => boolean {
  const through = [...pathways.values()];
  const named = new Set(through.map(({ weights }) => weights));
  const learn = new Set(through.filter(({ id }) => plasticIn(task)(id)).map(({ weights }) => weights));
  return (weights) => learn.has(weights) || !named.has(weights);
}

/** Pathway by pathway, and all of them put end to end; what the rule leaves as it is counts as an update of zero. */
async function compared(
  looking: Looking,
  parameters: Parameters,
  task: Task,
  trained: number,
): Promise<Row[]> {
  const [update, gradient] = await both(looking, parameters, task);
  const learns = learnsFrom(looking.run.network, task);
  const found = [...gradient]
    .filter(([pathway]) => learns(pathway))
    .map(([pathway, slopes]) => ({
      pathway,
      parts: products(update.get(pathway) ?? new Float32Array(slopes.length), slopes),
    }));
  const all = { pathway: "all", parts: joined(found.map(({ parts }) => parts)) };
  return [...found, all].map(({ pathway, parts }) => ({
    task: task.name,
    trained,
    pathway,
    ...similarity(parts),
  }));
}

/**
 * Holds what a rule makes of one batch, before an optimiser, against the true gradient of the loss: each plastic
 * pathway and all of them together, one task at a time, at the weights of several moments of training. A continuous
 * run learns from the same batch by its own clock, from rest, with the same weights; training is in trials.
 * @see Lillicrap et al. 2016, who hold feedback alignment against the gradient in this way
 */
export const alignment: Measure<Options> = {
  about: "angle between what a rule learns and the true gradient, by pathway",
  options,
  async measure(run, { epochs }, context) {
    const wanted = [...new Set(epochs)].sort((one, other) => one - other);
    const last = wanted[wanted.length - 1];
    const { kernels } = context;
    const iterations = iterationsOf(run);
    const sources = openStimuli(run, context.data);
    const kept = await openKeptTraining(trainingRun(run, last), sources, context, keptRow);
    const { training, rows } = kept;
    const looking: Looking = { run, kernels, sources, iterations };
    const tasks = [...run.network.tasks.values()].filter(({ name }) => sources.has(name));
    const lookAt = async (trained: number): Promise<void> => {
      if (!wanted.includes(trained)) return;
      for (const task of tasks) rows.push(...(await compared(looking, training.parameters, task, trained)));
    };
    try {
      if (!kept.resumed) await lookAt(0);
      for await (const event of keptEpochs(kept, context)) {
        if (event.kind === "epoch") await lookAt(event.epoch);
        if (event.kind === "batch")
          context.progress(
            (event.epoch - 1 + event.batch / event.batches) / last,
            `epoch ${event.epoch} of ${last}`,
          );
      }
      return rows;
    } finally {
      training.close();
    }
  },
};
