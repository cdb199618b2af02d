import { z } from "zod";
import { EddyError } from "../errors.js";

/** An object that refuses fields it does not know, and says which it knows. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown field ${issue.keys.map((key) => `"${key}"`).join(", ")}; allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (inner === null || typeof inner !== "object" ? undefined : Reflect.get(inner, key)),
    value,
  );

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The most telling issue inside a union: that of the alternative that came furthest. */
function deepest(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string; code?: string } {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const inner = issue.errors.map((alternative) => alternative.map(deepest));
  const best = inner.reduce((a, b) => (furthest(b) > furthest(a) ? b : a));
  if (best.length === 0 || furthest(best) === 0) return issue;
  return { ...best[0], path: [...issue.path, ...best[0].path] };
}

const furthest = (issues: readonly { path: readonly PropertyKey[] }[]): number =>
  Math.max(0, ...issues.map(({ path }) => path.length));

/**
 * Parses a value by a schema.
 * @param what the name of the whole, as "network" or the file's name; starts the field's path in messages
 * @throws EddyError INVALID_DESCRIPTION that names the field, what was given and what is allowed
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first, ...rest] = result.error.issues;
  const { path, message, code } = deepest(first);
  const field = [what, ...path.map(String)].join(".");
  const given = code === "unrecognized_keys" ? "" : `given ${shown(at(value, path))}, `;
  const more = rest.length > 0 ? ` (and ${rest.length} more)` : "";
  throw new EddyError("INVALID_DESCRIPTION", `${field}: ${given}${message}${more}`);
}

/** A refusal that names a field of a description. */
export const invalid = (field: string, given: unknown, needed: string): EddyError =>
  new EddyError("INVALID_DESCRIPTION", `${field}: given ${shown(given)}, needed ${needed}`);
