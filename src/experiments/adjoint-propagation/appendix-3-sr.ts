import type { Experiment } from "../experiment.js";
import { errorPanels, errorRemarks, quickErrors, smokeErrors } from "./error-panels.js";
import { fashionChain, spectralRadius } from "./runs.js";

/** How large errors are in five modules, over the spectral radius. */
export const appendix3Sr: Experiment = {
  name: "appendix-3-sr",
  title: "Vanishing and exploding errors over the spectral radius",
  source: "Liu et al. 2026, Appendix 3, fig 3",
  about:
    "Mean |error| of every SI neuron of five modules, from the input to the output, and test accuracy by epoch on Fashion-MNIST, for several spectral radii. A larger one does what a larger beta does: each module passes more of its error on.",
  studies: {
    errors: {
      run: fashionChain(50, { modules: 5 }),
      vary: { SR: spectralRadius(0.01, 0.05, 0.25, 0.5, 1) },
      seeds: [1],
      measure: "error-magnitudes",
    },
  },
  panels: errorPanels("SR"),
  references: [],
  remarks: [
    ...errorRemarks,
    "The text of the paper does not give the spectral radii; these show all it describes.",
  ],
  quick: { set: quickErrors },
  smoke: { set: smokeErrors, vary: { SR: [0.25, 1] } },
};
