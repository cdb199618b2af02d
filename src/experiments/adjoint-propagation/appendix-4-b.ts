import type { Experiment } from "../experiment.js";
import { interference, interferenceRemarks } from "./appendix-4.js";

/** What a second task does to errors and updates of the first, in the network of fig 5b. */
export const appendix4b: Experiment = {
  name: "appendix-4-b",
  title: "Why two tasks can be learned at once",
  source: "Liu et al. 2026, Appendix 4, fig 1",
  about:
    "Cosine similarity of the errors and of the mean weight updates of Fashion-MNIST with and without MNIST at the same time, batch by batch, at the same weights. Nothing of MNIST reaches m2 and the readout, so that theirs is exactly 1; m4, m3 and m1 receive the errors of both. The paper finds: the similarities are close to 1, and those of updates, over which interference averages out, closer than those of errors.",
  ...interference("shared-feedback", ["x1->m1", "m1->m2", "m2->out1"]),
  remarks: interferenceRemarks,
};
