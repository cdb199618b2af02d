import type { PanelInput } from "../panel.js";

/** Mean |error| of every SI neuron, and accuracy by epoch, over one axis (Appendix 3, figs 2 and 3). */
export const errorPanels = (axis: string): PanelInput[] => [
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
export const errorRemarks: readonly string[] = [
  "Errors are those of the last batch of training, made once more with the weights that it left.",
  "A logarithmic axis has no place for errors that vanished altogether.",
];

/** At most a minute: small modules, few images. */
export const quickErrors = {
  "schedule.epochs": 6,
  "stimuli.task.limit": 2000,
  batch: 20,
  "network.neurons": 256,
};

/** At most ten seconds. */
export const smokeErrors = {
  "schedule.epochs": 1,
  "stimuli.task.limit": 200,
  batch: 50,
  "network.neurons": 64,
};
