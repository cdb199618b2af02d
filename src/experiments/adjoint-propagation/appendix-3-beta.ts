import type { Experiment } from "../experiment.js";
import { errorsOver } from "./errors-over.js";

/** How large errors are in five modules, over beta. */
export const appendix3Beta: Experiment = {
  name: "appendix-3-beta",
  title: "Vanishing and exploding errors over beta",
  source: "Liu et al. 2026, Appendix 3, fig 2",
  about:
    "Mean |error| of every SI neuron of five modules, from the input to the output, and test accuracy by epoch on Fashion-MNIST, for several beta, the scale of the errors that pathways carry. The paper finds: with a small beta errors vanish on their way to the input, with a large one they grow until states saturate; accuracy is best between.",
  ...errorsOver(
    "beta",
    [0.01, 0.1, 1, 5, 20],
    "The text of the paper does not give the values of beta; these show all it describes.",
    [0.1, 1],
  ),
};
