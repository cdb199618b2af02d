import type { z } from "zod";

/**
 * The same schema, its value read-only for the compiler. Zod's own `readonly` freezes what it was given before it is
 * known to fit, which throws where bytes came in place of a list.
 */
export const readOnly = <Out, In>(schema: z.ZodType<Out, In>): z.ZodType<Readonly<Out>, Readonly<In>> =>
  schema as unknown as z.ZodType<Readonly<Out>, Readonly<In>>;
