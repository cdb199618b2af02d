import { z } from "zod";
import { strictObject } from "./validate.js";

/**
 * Event-driven propagation of a network's recurrent connections: `h <- f(gain s + b + drive)` with `s = spoken W`, where a
 * unit speaks, `spoken <- h`, only when `|h - spoken| > epsilon`. A tick then costs what the units that speak do.
 *
 * With L the largest column sum of |gain W| and an activation of slope 1 at most, the state h~ of a module keeps to that of
 * full products, h, under the same drive: after k ticks from the same state
 *
 *     max |h~ - h| <= epsilon L (1 + L + ... + L^(k-1)),
 *
 * so epsilon L / (1 - L) for L < 1 however long it runs; rounding aside. What rounding adds to s, change by change, a
 * full product takes away again on every `fullEvery`-th tick.
 */
export interface EventDriven {
  /** least change of a unit's state that it does not tell, dimensionless; 0: all changes are told */
  readonly epsilon: number;
  /** ticks from one full product to the next */
  readonly fullEvery: number;
}

/** As a run file says it. */
export const eventDrivenSchema = strictObject({
  epsilon: z.number().min(0).max(1000).default(1e-3).describe("changes up to this are not told"),
  fullEvery: z.int().min(1).max(1_000_000).default(1000).describe("ticks from one full product to the next"),
});
