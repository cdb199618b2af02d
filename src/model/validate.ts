import { z } from "zod";
import { EddyError } from "../errors.js";
import { meant } from "./nearest.js";
import { refusal } from "./refusal.js";

/** An object that refuses fields it does not know, and says which it knows. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown field ${issue.keys.map(shown).join(", ")}; ${suggestion(issue.keys, Object.keys(shape))}allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}

function suggestion(unknown: readonly string[], fields: readonly string[]): string {
  const near = unknown.length === 1 ? meant(unknown[0], fields) : null;
  return near === null ? "" : `did you mean ${near}? `;
}

/** Numbers that JSON would show as null. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value;

function written(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, plain) ?? "nothing";
  } catch {
    return "an object that contains itself, or too many others";
  }
}

/** A value as messages show it: on one line, and not all of a long one. */
function shown(value: unknown): string {
  const text = written(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Names as messages list them. */
export const known = (names: Iterable<string>): string => [...names].map(shown).join(", ") || "none";

/** A path as "network.modules.m1"; a key that is no plain name is quoted. */
const fieldOf = (what: string, path: readonly PropertyKey[]): string =>
  [
    what,
    ...path.map((key) => (/^[\w>()-]{1,60}$/.test(String(key)) ? String(key) : shown(String(key)))),
  ].join(".");

/** A place inside a value. */
interface Place {
  readonly value: unknown;
  readonly key: PropertyKey;
  readonly parent: Place | null;
}

function pathTo(place: Place): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (let at = place; at.parent; at = at.parent) path.unshift(at.key);
  return path;
}

/**
 * Where a value has a key "__proto__", or null. Objects cannot be trusted to keep it, and schemas leave it out
 * without a word.
 */
function prototypeKey(value: unknown): PropertyKey[] | null {
  const seen = new Set<unknown>();
  const waiting: Place[] = [{ value, key: "", parent: null }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const object = place.value;
    if (typeof object !== "object" || object === null || ArrayBuffer.isView(object) || seen.has(object))
      continue;
    seen.add(object);
    if (Object.hasOwn(object, "__proto__")) return pathTo(place);
    for (const [key, inner] of Object.entries(object)) waiting.push({ value: inner, key, parent: place });
  }
  return null;
}

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
  const misnamed = prototypeKey(value);
  if (misnamed) throw invalid(fieldOf(what, misnamed), "__proto__", "another name");
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const { path, given, allowed } = refusal(issues, value);
  const places = new Set(issues.map((issue) => fieldOf(what, issue.path))).size;
  const more = places > 1 ? ` (and ${places - 1} more)` : "";
  const start = given ? `given ${shown(given.value)}, ` : "";
  throw new EddyError("INVALID_DESCRIPTION", `${fieldOf(what, path)}: ${start}${allowed}${more}`);
}

/** A refusal that names a field of a description. */
export const invalid = (field: string, given: unknown, needed: string): EddyError =>
  new EddyError("INVALID_DESCRIPTION", `${field}: given ${shown(given)}, needed ${needed}`);
