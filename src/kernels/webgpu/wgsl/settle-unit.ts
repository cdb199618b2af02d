import { activate } from "./activation.js";

/** What every program of an iteration is told. */
export const iterationParameters = {
  rows: "u32",
  neurons: "u32",
  activation: "u32",
  /** which iteration, from 0 */
  iteration: "u32",
  /** the largest change is to be kept in `residuals` */
  measures: "u32",
  /** iterations after one whose residual is at most `tolerance` do nothing */
  ends: "u32",
  /** as bits: numbers that are not negative compare like their bits, and what is no number is above all */
  tolerance: "f32",
  /** factor of the recurrent product */
  gain: "f32",
  /** 1, or what a unit goes of its way in an iteration */
  timeStep: "f32",
} as const;

/** `over(thread)`: an earlier iteration ended the settling. All threads of a workgroup agree. */
export const over = `
var<workgroup> ended: u32;

fn over(thread: u32) -> bool {
  if (p.ends == 0u || p.iteration == 0u) { return false; }
  if (thread == 0u) {
    // an iteration that did nothing left its residual at zero
    let residual = atomicLoad(&residuals[p.iteration - 1u]);
    ended = select(0u, 1u, residual <= bitcast<u32>(p.tolerance));
  }
  return workgroupUniformLoad(&ended) != 0u;
}
`;

/**
 * `settleUnit(row, column, product)`, the rest of an iteration of one unit, and `keepChange(thread)`, after all of a
 * thread's units: the largest change of the workgroup goes into `residuals`.
 * @param before the unit's state before, as an expression of `at`
 * @param recurrent statements that make `u` from `product`
 */
export const settleUnit = (before: string, recurrent: string): string => `
${activate}
var<private> change: u32;
var<workgroup> largestChange: atomic<u32>;

fn settleUnit(row: u32, column: u32, product: f32) {
  let at = row * p.neurons + column;
  ${recurrent}
  let goal = p.gain * u + input[at];
  // a whole step takes nothing from the state before, which may have overflowed
  let moved = select((1.0 - p.timeStep) * ${before} + p.timeStep * goal, goal, p.timeStep == 1.0);
  let h = activate(p.activation, moved);
  next[at] = h;
  change = max(change, bitcast<u32>(h - ${before}) & 0x7fffffffu);
}

fn keepChange(thread: u32) {
  if (p.measures == 0u) { return; }
  atomicMax(&largestChange, change);
  workgroupBarrier();
  if (thread == 0u) { atomicMax(&residuals[p.iteration], atomicLoad(&largestChange)); }
}
`;
