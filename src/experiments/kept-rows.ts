import { z } from "zod";

/** The lines of a measure that was interrupted, as a checkpoint holds them. */
export const keptRows = z.array(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
);

/** A measure under way is kept when so many seconds went by since it was last, and when it is interrupted. */
export const keepSeconds = 30;
