import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What a message says of an issue: where, what was given there, and what is allowed. */
export interface Refusal {
  readonly path: readonly PropertyKey[];
  /** null when the allowed says it all */
  readonly given: { readonly value: unknown } | null;
  readonly allowed: string;
}

const nouns: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  tuple: "a list",
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1
    ? JSON.stringify(values[0])
    : `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`;

/** As "a number >= 1", "a text of at most 200 characters". */
function bounded(origin: string, relation: ">" | ">=" | "<" | "<=", limit: unknown): string {
  if (origin !== "string" && origin !== "array") return `a number ${relation} ${limit}`;
  const [noun, parts] = origin === "string" ? ["a text", "characters"] : ["a list", "entries"];
  return `${noun} of ${relation.startsWith(">") ? "at least" : "at most"} ${limit} ${parts}`;
}

/** What is allowed where an issue arose; the schema's own message where it has one. */
function allowed(issue: Issue, value: unknown): string {
  if (issue.message.startsWith("needed ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return typeof value === "number" && issue.expected === "number"
        ? "needed a finite number"
        : `needed ${nouns[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `needed ${oneOf(issue.values)}`;
    case "too_small":
      return `needed ${bounded(issue.origin, issue.inclusive ? ">=" : ">", issue.minimum)}`;
    case "too_big":
      return `needed ${bounded(issue.origin, issue.inclusive ? "<=" : "<", issue.maximum)}`;
    case "invalid_union":
      return issue.errors.length === 0 && "options" in issue && Array.isArray(issue.options)
        ? `needed ${oneOf(issue.options)}`
        : `needed ${alternatives(issue.errors, value)}`;
    default:
      return issue.message;
  }
}

/** What any of the alternatives of a union would take, in the place of the union itself. */
function alternatives(errors: readonly (readonly Issue[])[], value: unknown): string {
  const texts = errors.flatMap(([first]) => (first ? [allowed(first, value).replace(/^needed /, "")] : []));
  return [...new Set(texts)].join(" or ");
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (inner === null || typeof inner !== "object" ? undefined : Reflect.get(inner, key)),
    value,
  );

/** How far an alternative of a union came: the deepest place of its issues; what was given there counts more. */
const reached = (issues: readonly Issue[], value: unknown): number =>
  Math.max(0, ...issues.map(({ path }) => path.length + (at(value, path) === undefined ? 0 : 0.5)));

/**
 * The most telling of several issues: of those in the first one's place the last, since a schema states its own limits
 * after those of all numbers; inside a union that of the alternative that came furthest.
 * @param value what was parsed; the issues' paths start there
 */
export function refusal(issues: readonly Issue[], value: unknown): Refusal {
  // a misspelt field is also missing under its right name: the misspelling says more
  const first = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const place = JSON.stringify(first.path.map(String));
  const issue = issues.findLast(
    ({ path, code }) => code === first.code && JSON.stringify(path.map(String)) === place,
  ) as Issue;
  const given = at(value, issue.path);
  if (issue.code === "unrecognized_keys") return { path: issue.path, given: null, allowed: issue.message };
  if (issue.code === "invalid_key") {
    const key = issue.path.at(-1);
    return {
      path: issue.path.slice(0, -1),
      given: { value: key },
      allowed: refusal(issue.issues, key).allowed,
    };
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const scores = issue.errors.map((errors) => reached(errors, given));
    const best = scores.indexOf(Math.max(...scores));
    if (scores[best] >= 1) {
      const inner = refusal(issue.errors[best], given);
      return { ...inner, path: [...issue.path, ...inner.path] };
    }
  }
  return { path: issue.path, given: { value: given }, allowed: allowed(issue, given) };
}
