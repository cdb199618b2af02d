import { map, type OperatorFunction } from "rxjs";
import { gated } from "../model/projection.js";
import type { Carried } from "./pathway.js";

/**
 * The gate of a pathway: multiplies what it carries by the gate's value in that tick, 0 to 1; a closed gate carries
 * nothing at all. Emits once for each value of its source, completes and errs with it.
 */
export const gate = (): OperatorFunction<Carried, Carried> =>
  map((carried) => {
    const { tick, pathway, term } = carried;
    const through = gated(term, tick.state.gates.get(pathway.id) ?? pathway.gate);
    return through === term ? carried : { tick, pathway, term: through };
  });
