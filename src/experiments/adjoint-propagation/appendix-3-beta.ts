import type { Experiment } from "../experiment.js";
import { errorPanels, errorRemarks, quickErrors, smokeErrors } from "./error-panels.js";
import { fashionChain } from "./runs.js";

/** How large errors are in five modules, over beta. */
export const appendix3Beta: Experiment = {
  name: "appendix-3-beta",
  title: "Vanishing and exploding errors over beta",
  source: "Liu et al. 2026, Appendix 3, fig 2",
  about:
    "Mean |error| of every SI neuron of five modules, from the input to the output, and test accuracy by epoch on Fashion-MNIST, for several beta, the scale of the errors that pathways carry. With a small beta errors vanish on their way to the input, with a large one they grow until states saturate; accuracy is best between.",
  studies: {
    errors: {
      run: fashionChain(50, { modules: 5 }),
      vary: { beta: [0.01, 0.1, 1, 5, 20] },
      seeds: [1],
      measure: "error-magnitudes",
    },
  },
  panels: errorPanels("beta"),
  references: [],
  remarks: [
    ...errorRemarks,
    "The text of the paper does not give the values of beta; these show all it describes.",
  ],
  quick: { set: quickErrors },
  smoke: { set: smokeErrors, vary: { beta: [0.1, 1] } },
};
