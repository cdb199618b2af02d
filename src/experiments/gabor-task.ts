import { invariant } from "../errors.js";
import type { Task } from "../model/network.js";
import { invalid } from "../model/validate.js";
import type { Run, StimuliDescription } from "../simulation/run-description.js";

/** A task that presents gabor patches, and what they look like. */
export interface GaborTask {
  readonly task: Task;
  readonly patches: Extract<StimuliDescription, { source: "gabor" }>;
}

/** The first task of a run that presents gabor patches. @throws EddyError INVALID_DESCRIPTION when none does */
export function gaborTask({ network, stimuli }: Run): GaborTask {
  for (const [name, patches] of Object.entries(stimuli)) {
    if (patches.source !== "gabor") continue;
    const task = network.tasks.get(name);
    invariant(task, `the run was checked: it has a task ${name}`);
    return { task, patches };
  }
  throw invalid("run.stimuli", stimuli, 'a task with {"source": "gabor"}, whose patches this measure tilts');
}
