import { alignmentWithGradient } from "./adjoint-propagation/alignment.js";
import { appendix1 } from "./adjoint-propagation/appendix-1.js";
import { appendix2 } from "./adjoint-propagation/appendix-2.js";
import { appendix31 } from "./adjoint-propagation/appendix-3-1.js";
import { appendix3Beta } from "./adjoint-propagation/appendix-3-beta.js";
import { appendix3Sr } from "./adjoint-propagation/appendix-3-sr.js";
import { appendix4b } from "./adjoint-propagation/appendix-4-b.js";
import { appendix4c } from "./adjoint-propagation/appendix-4-c.js";
import { fig2ab } from "./adjoint-propagation/fig-2ab.js";
import { fig2c } from "./adjoint-propagation/fig-2c.js";
import { fig2d } from "./adjoint-propagation/fig-2d.js";
import { fig3be } from "./adjoint-propagation/fig-3be.js";
import { fig3cf } from "./adjoint-propagation/fig-3cf.js";
import { fig4abc } from "./adjoint-propagation/fig-4abc.js";
import { fig4d } from "./adjoint-propagation/fig-4d.js";
import { fig4e } from "./adjoint-propagation/fig-4e.js";
import { fig4f } from "./adjoint-propagation/fig-4f.js";
import { fig4ghi } from "./adjoint-propagation/fig-4ghi.js";
import { fig5d } from "./adjoint-propagation/fig-5d.js";
import { fig5e } from "./adjoint-propagation/fig-5e.js";
import { fig5f } from "./adjoint-propagation/fig-5f.js";
import { propagatedEvents } from "./adjoint-propagation/propagated-events.js";
import { supplement } from "./adjoint-propagation/supplement.js";
import { table1 } from "./adjoint-propagation/table-1.js";
import type { Experiment } from "./experiment.js";

/** All experiments, in the paper's order. */
export const experiments: readonly Experiment[] = [
  table1,
  fig2ab,
  fig2c,
  fig2d,
  fig3be,
  fig3cf,
  fig4abc,
  fig4d,
  fig4e,
  fig4f,
  fig4ghi,
  fig5d,
  fig5e,
  fig5f,
  supplement,
  appendix1,
  appendix2,
  appendix31,
  appendix3Beta,
  appendix3Sr,
  appendix4b,
  appendix4c,
  alignmentWithGradient,
  propagatedEvents,
];
