import { z } from "zod";
import { valueSchema } from "./measure.js";

/** A line of a measure that was interrupted, as a checkpoint holds it. */
export const keptRow = z.record(z.string(), valueSchema);

/** The lines of a measure that was interrupted. */
export const keptRows = z.array(keptRow);
