import type { Experiment } from "../experiment.js";
import type { PanelInput } from "../panel.js";

const thresholds = {
  path: "propagation.epsilon",
  values: [1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3],
};

/** One stimulus at a time. */
const alone = {
  rule: "EPE",
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 12, learning: 10 } },
};

const gabor = {
  network: { preset: "chain", modules: 2, neurons: 256, inputs: 1024, outputs: 2, task: "gabor" },
  ...alone,
  stimuli: { gabor: { source: "gabor", noise: 2 } },
};

const fashion = {
  network: { preset: "chain", modules: 2 },
  ...alone,
  // Adam's steps do not shrink with the noise of single stimuli
  optimiser: { kind: "adam", learningRate: 1e-4 },
  stimuli: { task: { source: "fashion-mnist" } },
};

const panels = (study: string, title: string): readonly PanelInput[] => [
  {
    kind: "lines",
    study,
    title: `${title}: events of a trial`,
    where: { tick: null },
    x: "epsilon",
    y: "share",
    colour: "module",
    xScale: "log",
    xTitle: "epsilon",
    yTitle: "units that speak, %",
  },
  {
    kind: "lines",
    study,
    title: `${title}: accuracy`,
    where: { module: "all" },
    x: "epsilon",
    y: ["testAccuracy", "onlineAccuracy"],
    xScale: "log",
    xTitle: "epsilon",
    yTitle: "accuracy, %",
  },
  {
    kind: "lines",
    study,
    title: `${title}: events by tick of a trial`,
    where: { phase: ["inference", "learning"] },
    x: "tick",
    y: "share",
    colour: "epsilon",
    column: "module",
    points: false,
    xTitle: "tick of the trial",
    yTitle: "units that speak, %",
  },
];

const less = (neurons: number, trials: number, counted: number) => ({
  "network.neurons": neurons,
  "measure.trials": trials,
  "measure.counted": counted,
});

/** How much has to be told for a network to work. */
export const propagatedEvents: Experiment = {
  name: "propagated-events",
  title: "Events a trial against epsilon",
  source: "beyond Liu et al. 2026",
  about:
    "In continuous operation a unit may tell its state only when it went further than epsilon from what it told last. How many units speak, tick by tick of a trial and in all, as a share of all units on all ticks, and what that does to accuracy, one stimulus at a time: learning and all, with the same epsilon. A stimulus and an error each set off a burst that dies down as modules settle; a larger epsilon ends it earlier.",
  studies: {
    gabor: {
      run: gabor,
      vary: { epsilon: thresholds },
      measure: "events",
      options: { trials: 2000, counted: 200 },
    },
    "fashion-mnist": {
      run: fashion,
      vary: { epsilon: thresholds },
      measure: "events",
      options: { trials: 60_000, counted: 1000 },
    },
  },
  panels: [...panels("gabor", "gratings"), ...panels("fashion-mnist", "Fashion-MNIST")],
  references: [],
  remarks: [
    "Events are those of recurrent connections; forward and error pathways carry whole states and errors.",
    "Without events, by full products, every unit speaks on every tick: 100 %.",
    "Online accuracy is of the trials in which events are counted, before learning from them.",
  ],
  quick: {
    gabor: { set: less(128, 250, 40), vary: { epsilon: [1e-6, 1e-4, 1e-3, 1e-2, 0.1] } },
    "fashion-mnist": {
      set: { ...less(128, 1500, 100), "stimuli.task.limit": 1500, "optimiser.learningRate": 1e-3 },
      vary: { epsilon: [1e-6, 1e-4, 1e-3, 1e-2, 0.1] },
    },
  },
  smoke: {
    gabor: { set: { ...less(32, 2, 2), "stimuli.gabor.testImages": 20 }, vary: { epsilon: [1e-3, 0.1] } },
    "fashion-mnist": {
      set: { ...less(32, 2, 2), "stimuli.task.limit": 50 },
      vary: { epsilon: [1e-3, 0.1] },
    },
  },
};
