import { z } from "zod";
import { invariant } from "../errors.js";
import type { RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import { initialWeights } from "../model/initial-weights.js";
import { nearest } from "../model/nearest.js";
import type { Module } from "../model/network.js";
import { createParameters, disposeParameters, moduleBias, type Parameters } from "../model/parameters.js";
import { invalid } from "../model/validate.js";
import { presentTrial } from "../simulation/epoch-plan.js";
import { openStimuli } from "../simulation/open-stimuli.js";
import type { Run } from "../simulation/run-description.js";
import type { MeasureContext } from "./measure.js";
import { phasedBeside } from "./phased-beside.js";

/** The option of a measure that looks at one module. */
export const moduleOption = z.string().optional().describe("which module is looked at; default: the first");

/** The module that an option names. @throws EddyError INVALID_DESCRIPTION */
export function moduleOf({ network: { modules } }: Run, name: string | undefined): Module {
  const [first] = modules.values();
  const module = name === undefined ? first : modules.get(name);
  if (!module) throw invalid("measure.module", name, `a module; ${nearest(name ?? "", [...modules.keys()])}`);
  return module;
}

/** The options of a measure that looks at one module by itself. */
export const dynamicsOptions = {
  module: moduleOption,
  drive: z
    .enum(["none", "stimulus"])
    .default("none")
    .describe("none: the module by itself; stimulus: driven as at the end of an inference phase"),
  example: z.int().min(0).default(0).describe("which training example is the stimulus"),
};

/** One module as it was drawn, with what drives it. Handles are lent. */
export interface OneModule {
  readonly module: Module;
  readonly matrix: RecurrentMatrix;
  /** [neurons]; undefined means zero */
  readonly bias: Tensor | undefined;
  /** [1, neurons] constant */
  readonly drive: Tensor;
}

/**
 * What drives a module at the end of the inference phase of one training example.
 * @returns [1, neurons], owned by the caller; null for a module that nothing drives
 */
function stimulusDrive(
  run: Run,
  module: string,
  example: number,
  parameters: Parameters,
  { kernels, data }: MeasureContext,
): Tensor | null {
  const sources = openStimuli(run, data);
  const trial = presentTrial(
    run,
    sources,
    { tasks: [...sources.keys()], first: example, count: 1 },
    "training",
  );
  const phased = phasedBeside(kernels, run, parameters);
  try {
    phased.infer(trial);
    const drive = phased.state.drives.get(module);
    return drive ? kernels.retain(drive) : null;
  } finally {
    phased.close();
  }
}

/**
 * Lets somebody look at one module of a run as it was drawn, by itself or driven by a stimulus.
 * @throws EddyError INVALID_DESCRIPTION when there is no such module; what opening the run throws
 */
export async function withModule<T>(
  run: Run,
  options: { readonly module?: string; readonly drive: "none" | "stimulus"; readonly example: number },
  context: MeasureContext,
  look: (one: OneModule) => Promise<T>,
): Promise<T> {
  const { kernels } = context;
  const module = moduleOf(run, options.module);
  const { name, neurons } = module;
  const parameters = createParameters(kernels, run.network, initialWeights(run.network, run.seed));
  let drive: Tensor | null = null;
  try {
    if (options.drive === "stimulus") drive = stimulusDrive(run, name, options.example, parameters, context);
    drive ??= kernels.tensor(new Float32Array(neurons), [1, neurons]);
    const recurrent = parameters.recurrent.get(name);
    invariant(recurrent, `module ${name} has a recurrent matrix`);
    return await look({ module, matrix: recurrent.matrix, bias: moduleBias(parameters, name), drive });
  } finally {
    if (drive) kernels.dispose(drive);
    disposeParameters(kernels, parameters);
  }
}
