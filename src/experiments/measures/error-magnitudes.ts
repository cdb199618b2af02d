import { z } from "zod";
import { invariant } from "../../errors.js";
import type { Block, Kernels, Tensor } from "../../kernels/kernels.js";
import type { Network, Task } from "../../model/network.js";
import { phasedOrder } from "../../model/phased-order.js";
import { invalid, strictObject } from "../../model/validate.js";
import { presentTrial, trainingEpoch } from "../../simulation/epoch-plan.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import { openGates } from "../../streams/open-gates.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { phasedBeside } from "../phased-beside.js";
import { type Trained, trained } from "../trained.js";

const options = strictObject({
  block: z.string().default("SI").describe("whose neurons are looked at, in every module that has it"),
});

type Options = z.output<typeof options>;

/** A line of one kind; what it leaves to the other kind is empty. */
const line = (part: "epoch" | "neuron", columns: Row): Row => ({
  part,
  epoch: null,
  task: null,
  trainAccuracy: null,
  testAccuracy: null,
  layer: null,
  neuron: null,
  error: null,
  ...columns,
});

/** Mean over the batch of |error| of each unit of a block. @param error [batch, units] */
async function meanMagnitudes(kernels: Kernels, error: Tensor, [start, end]: Block): Promise<Float64Array> {
  const [batch, units] = error.shape;
  const values = await kernels.read(error);
  const sums = new Float64Array(end - start);
  for (let row = 0; row < batch; row++)
    for (let unit = start; unit < end; unit++) sums[unit - start] += Math.abs(values[row * units + unit]);
  return sums.map((sum) => sum / batch);
}

/** The block of every module that has it, from the input to the output. @throws EddyError INVALID_DESCRIPTION */
function layersOf(network: Network, block: string): [name: string, units: Block][] {
  const modules = phasedOrder(network).inference.flatMap((name): [string, Block][] => {
    const units = network.modules.get(name)?.blocks.get(block);
    return units ? [[name, units]] : [];
  });
  if (modules.length === 0) throw invalid("measure.block", block, "a block of one of the modules");
  return modules;
}

const readoutsOf = (tasks: Iterable<Task>): string[] => [
  ...new Set([...tasks].map(({ readout }) => readout)),
];

/** Presents the last batch of training once more, and reads the errors that it leaves. */
async function neuronRows(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  { parameters, rows }: Trained,
  block: string,
  { kernels }: MeasureContext,
): Promise<Row[]> {
  const { network } = run;
  const layers = layersOf(network, block);
  const trial = trainingEpoch(run, sources, Math.max(0, (rows.at(-1)?.epoch ?? 0) - 1)).at(-1);
  invariant(trial, "an epoch has a batch");
  const phased = phasedBeside(kernels, run, parameters);
  try {
    openGates(network, phased.state, trial.tasks);
    phased.learn(presentTrial(run, sources, trial, "training"));
    const { errors, outputErrors } = phased.state;
    const read = async (layer: string, error: Tensor | undefined, units: Block) =>
      error ? { layer, magnitudes: await meanMagnitudes(kernels, error, units) } : null;
    const found = await Promise.all([
      ...layers.map(([module, units]) => read(module, errors.get(module), units)),
      ...readoutsOf(network.tasks.values()).map((name) =>
        read(name, outputErrors.get(name), [0, network.readouts.get(name)?.size ?? 0]),
      ),
    ]);
    const neurons = found.flatMap((one) =>
      one ? Array.from(one.magnitudes, (error) => ({ layer: one.layer, error })) : [],
    );
    return neurons.map(({ layer, error }, neuron) => line("neuron", { layer, neuron, error }));
  } finally {
    phased.close();
  }
}

/**
 * Trains by epochs, then tells how large errors are: lines with part "epoch" have the accuracies, percent, and lines
 * with part "neuron" the mean |error| over the last batch of every neuron of a block and of the output layer, counted
 * from the input to the output. The errors are those of the weights after the last update, of which the last batch was
 * a part.
 * @see Liu et al. 2026, Appendix 3, figs 2 and 3
 */
export const errorMagnitudes: Measure<Options> = {
  about: "mean |error| of every neuron of a block, layer by layer, after training; and accuracy by epoch",
  options,
  async measure(run, { block }, context): Promise<readonly Row[]> {
    layersOf(run.network, block);
    const sources = openStimuli(run, context.data);
    return trained(run, sources, context, {}, async (network) => [
      ...network.rows.map(({ epoch, task, trainAccuracy, testAccuracy }) =>
        line("epoch", { epoch, task, trainAccuracy, testAccuracy }),
      ),
      ...(await neuronRows(run, sources, network, block, context)),
    ]);
  },
};
