import type { Experiment } from "../experiment.js";
import type { PanelInput } from "../panel.js";
import type { Axis } from "../study.js";
import { fashionChain } from "./runs.js";

/** Mean |error| of every SI neuron, and accuracy by epoch, over one axis (Appendix 3, figs 2 and 3). */
const panels = (axis: string): PanelInput[] => [
  {
    kind: "lines",
    where: { part: "neuron" },
    x: "neuron",
    y: "error",
    colour: "layer",
    column: axis,
    yScale: "log",
    points: false,
    xTitle: "SI neurons, then outputs",
    yTitle: "mean |error|",
  },
  { kind: "lines", where: { part: "epoch" }, x: "epoch", y: "testAccuracy", colour: axis, points: false },
];

/** What both figures leave open. */
const remarks: readonly string[] = [
  "Errors are those of the last batch of training, made once more with the weights that it left.",
  "A logarithmic axis has no place for errors that vanished altogether.",
];

/** At most a minute: small modules, few images. */
const quick = {
  "schedule.epochs": 6,
  "stimuli.task.limit": 2000,
  batch: 20,
  "network.neurons": 256,
};

/** At most ten seconds. */
const smoke = {
  "schedule.epochs": 1,
  "stimuli.task.limit": 200,
  batch: 50,
  "network.neurons": 64,
};

/**
 * How large errors are in five modules, over one axis.
 * @param notTold what the paper leaves open about its values
 * @param smokeValues two of the values, or others like them
 */
export const errorsOver = (
  axis: string,
  values: Axis,
  notTold: string,
  smokeValues: readonly number[],
): Omit<Experiment, "name" | "title" | "source" | "about"> => ({
  studies: {
    errors: {
      run: fashionChain(50, { modules: 5 }),
      vary: { [axis]: values },
      seeds: [1],
      measure: "error-magnitudes",
    },
  },
  panels: panels(axis),
  references: [],
  remarks: [...remarks, notTold],
  quick: { set: quick },
  smoke: { set: smoke, vary: { [axis]: [...smokeValues] } },
});
