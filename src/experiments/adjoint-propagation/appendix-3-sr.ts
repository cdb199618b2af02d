import type { Experiment } from "../experiment.js";
import { errorsOver } from "./errors-over.js";
import { spectralRadius } from "./runs.js";

/** How large errors are in five modules, over the spectral radius. */
export const appendix3Sr: Experiment = {
  name: "appendix-3-sr",
  title: "Vanishing and exploding errors over the spectral radius",
  source: "Liu et al. 2026, Appendix 3, fig 3",
  about:
    "Mean |error| of every SI neuron of five modules, from the input to the output, and test accuracy by epoch on Fashion-MNIST, for several spectral radii. The paper finds: a larger one does what a larger beta does, each module passes more of its error on.",
  ...errorsOver(
    "SR",
    spectralRadius(0.01, 0.05, 0.25, 0.5, 1),
    "The text of the paper does not give the spectral radii; these show all it describes.",
    [0.25, 1],
  ),
};
