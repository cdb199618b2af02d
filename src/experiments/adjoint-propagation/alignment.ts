import type { Experiment } from "../experiment.js";
import type { PanelInput } from "../panel.js";
import type { StudyInput } from "../study.js";
import { fashionChain, modules, rules, spectralRadius } from "./runs.js";

const iterations = (each: number) => ({ "iterations.inference": each, "iterations.learning": each });
const continuous = (forward: "held" | "live") => ({ schedule: { kind: "continuous", forward } });

const looked = (vary: StudyInput["vary"], epochs: readonly number[] = [0, 5]): StudyInput => ({
  run: fashionChain(5),
  vary,
  measure: "alignment",
  options: { epochs: [...epochs] },
});

const angles = { kind: "lines", y: "angle", yTitle: "angle to the true gradient, degrees" } as const;
const allPathways = { where: { pathway: "all" }, dash: "trained" } as const;

const panels: readonly PanelInput[] = [
  {
    ...angles,
    study: "course",
    title: "as training goes on",
    x: "trained",
    colour: "pathway",
    xTitle: "epochs of training",
  },
  {
    ...angles,
    ...allPathways,
    study: "spectral radius",
    title: "all pathways, against the spectral radius",
    x: "SR",
    colour: "error",
    xScale: "log",
    xTitle: "spectral radius",
  },
  {
    ...angles,
    ...allPathways,
    study: "iterations",
    title: "all pathways, against iterations",
    x: "iterations",
    colour: "error",
    xTitle: "iterations in each phase",
  },
  {
    ...angles,
    ...allPathways,
    study: "depth",
    title: "all pathways, against depth",
    x: "modules",
    colour: "rule",
    xTitle: "modules or hidden layers",
  },
  {
    ...angles,
    ...allPathways,
    study: "operation",
    title: "all pathways, in trials and on a clock",
    x: "SR",
    colour: "operation",
    xScale: "log",
    xTitle: "spectral radius",
  },
];

const less = (neurons: number, limit: number, epochs: readonly number[]) => ({
  set: {
    "network.neurons": neurons,
    "stimuli.task.limit": limit,
    batch: 50,
    "measure.epochs": [...epochs],
  },
});

/** What adjoint propagation learns, held against the true gradient. */
export const alignmentWithGradient: Experiment = {
  name: "alignment",
  title: "Adjoint propagation against the true gradient",
  source: "beyond Liu et al. 2026; as Lillicrap et al. 2016 did for feedback alignment",
  about:
    "Angle between what a batch of Fashion-MNIST teaches a network, before the optimiser, and the gradient of the cross-entropy by the same weights, through all iterations of the settled network. At 90 degrees an update has nothing to do with the gradient, below it lowers the loss. As drawn, errors through fixed random pathways point nowhere; with training the forward weights align with them. The readout always learns by its true gradient; backpropagation is at 0 degrees, as it should.",
  studies: {
    course: looked({}, [0, 1, 2, 3, 5, 10, 20]),
    "spectral radius": looked({
      error: { path: "rule", values: ["STE", "EPE"] },
      SR: spectralRadius(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.25),
    }),
    iterations: looked({
      error: { path: "rule", values: ["STE", "EPE"] },
      iterations: {
        choices: {
          "1": iterations(1),
          "2": iterations(2),
          "4": iterations(4),
          "8": iterations(8),
          "16": iterations(16),
        },
      },
    }),
    depth: looked({ rule: rules, modules: modules(1, 2, 3, 5, 8) }),
    operation: {
      ...looked({
        operation: { choices: { "in trials": {}, held: continuous("held"), live: continuous("live") } },
        SR: spectralRadius(0.1, 0.25, 0.5, 0.75, 0.9),
      }),
      run: { ...fashionChain(5), rule: "EPE" },
    },
  },
  panels,
  references: [],
  remarks: [
    "The paper shows no such angle.",
    "The true gradient is of the network as it settles, iteration by iteration from zero; the same for all of STE, EPE, held and live.",
    "Held and live differ in what forward pathways carry while errors are on their way; both learn from the same batch, from rest, 12 ticks of inference and 10 of learning, with weights that were trained in trials.",
  ],
  quick: {
    course: less(256, 2000, [0, 1, 2, 3, 5, 8]),
    "spectral radius": { ...less(256, 1000, [0, 3]), vary: { SR: [0.1, 0.25, 0.5, 0.9] } },
    iterations: { ...less(256, 1000, [0, 3]), vary: { iterations: [2, 4, 8] } },
    depth: { ...less(256, 1000, [0, 3]), vary: { modules: [1, 2, 3] } },
    operation: { ...less(256, 1000, [0, 3]), vary: { SR: [0.25, 0.9] } },
  },
  smoke: {
    course: less(64, 100, [0, 1]),
    "spectral radius": { ...less(64, 100, [0, 1]), vary: { SR: [0.25, 0.5], error: ["STE"] } },
    iterations: { ...less(64, 100, [0]), vary: { iterations: [2, 8], error: ["STE"] } },
    depth: { ...less(64, 100, [0]), vary: { modules: [2] } },
    operation: { ...less(64, 100, [0]), vary: { SR: [0.25] } },
  },
};
