import type { Experiment } from "../experiment.js";
import { interference, interferenceRemarks } from "./appendix-4.js";

/** What a second task does to errors and updates of the first, in the network of fig 5c. */
export const appendix4c: Experiment = {
  name: "appendix-4-c",
  title: "Why two tasks can be learned at once, with recruitment",
  source: "Liu et al. 2026, Appendix 4, fig 2",
  about:
    "As Appendix 4, fig 1, in the network in which Fashion-MNIST recruits the modules of MNIST: its readout also reads m4, which MNIST drives, so that no error of it is quite free of the other task.",
  ...interference("recruitment", ["x1->m1", "m1->m2", "m1->m3", "m2->out1", "m4->out1"]),
  remarks: [
    ...interferenceRemarks,
    "Besides the paper's three updates, those of the two pathways that recruit are shown.",
  ],
};
