import { invalid } from "../model/validate.js";
import type { StimulusSource } from "../streams/stimulus.js";
import { endlessSource, type StimulusDoor } from "../streams/stimulus-door.js";
import { gabor } from "../streams/tasks/gabor.js";
import { imageSet } from "../streams/tasks/image-set.js";
import type { Run, StimuliDescription } from "./run-description.js";

const open = (
  stimuli: Exclude<StimuliDescription, { source: "client" }>,
  seed: number,
  directory: string,
): StimulusSource => {
  const { source, ...options } = stimuli;
  return source === "gabor"
    ? gabor({ ...options, seed })
    : imageSet(source, { directory, seed, limit: "limit" in options ? options.limit : undefined });
};

/**
 * Opens the stimuli of all tasks of a run.
 * @param directory where data sets are
 * @returns by task; tasks that the run does not describe, or a client's, are left out
 * @throws EddyError DATA_MISSING or FILE_INVALID; INVALID_DESCRIPTION when a network has no room for them
 */
export function openStimuli(
  { network, stimuli, seed }: Run,
  directory: string,
): ReadonlyMap<string, StimulusSource> {
  const sources = new Map<string, StimulusSource>();
  for (const task of network.tasks.values()) {
    const described = stimuli[task.name];
    if (!described || described.source === "client") continue;
    const source = open(described, seed, directory);
    const size = network.inputs.get(task.input);
    const outputs = network.readouts.get(task.readout)?.size;
    if (size !== source.size)
      throw invalid(
        `network.inputs.${task.input}`,
        size,
        `${source.size}, the size of ${source.name}'s stimuli`,
      );
    if (outputs !== source.outputs) {
      throw invalid(
        `network.readouts.${task.readout}.size`,
        outputs,
        `${source.outputs}, the classes of ${source.name}`,
      );
    }
    sources.set(task.name, source);
  }
  return sources;
}

/** The doors of sources, each an endless supply in batches of the run's size, as the state's seed and parameters say. */
export const endlessDoors = (
  { batch }: Run,
  sources: ReadonlyMap<string, StimulusSource>,
): Map<string, StimulusDoor> =>
  new Map([...sources].map(([task, source]) => [task, endlessSource(source, batch)]));
