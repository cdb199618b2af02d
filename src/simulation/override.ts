import { EddyError } from "../errors.js";
import { expandNetwork, hasOptions } from "../model/expand-network.js";

/** Reads a value from the command line: JSON if it is, else text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const networkFields = new Set([
  "modules",
  "inputs",
  "forward",
  "errorPathways",
  "readouts",
  "tasks",
  "preset",
]);

/** A preset's parts have names only once it is expanded; its own options it keeps. */
function expandFor(run: unknown, part: string): void {
  if (typeof run === "object" && run !== null && "network" in run && !hasOptions(run.network, part))
    run.network = expandNetwork(run.network);
}

/** Fields of several kinds, and the one that a run has which does not say: its options may be set without naming it. */
const defaultKinds: Readonly<Record<string, string>> = { optimiser: "adam", schedule: "phased" };

const noObject = (field: string, path: readonly string[]): EddyError =>
  new EddyError("INVALID_ARGUMENT", `${field}: ${path.join(".")} has no fields`);

/**
 * Sets a field of a run by its path, as optimiser.learningRate or modules.m1.spectralRadius (fields of the network may
 * leave the word network out).
 * @param field how messages call it; default: its path
 * @returns a changed copy
 * @throws EddyError INVALID_ARGUMENT when a part of the path is empty, or it leads through what is no object
 */
export function setField(run: unknown, path: string, value: unknown, field = path): unknown {
  const keys = path.split(".");
  if (keys.some((key) => key === "" || key === "__proto__"))
    throw new EddyError("INVALID_ARGUMENT", `${field}: needed a path, as optimiser.learningRate`);
  const copy = structuredClone(run);
  const isNetworkField =
    networkFields.has(keys[0]) && !(copy !== null && typeof copy === "object" && keys[0] in copy);
  const full = isNetworkField ? ["network", ...keys] : keys;
  if (full[0] === "network" && full.length > 2) expandFor(copy, full[1]);
  let inner: unknown = copy;
  for (const [i, key] of full.slice(0, -1).entries()) {
    if (typeof inner !== "object" || inner === null) throw noObject(field, full.slice(0, i));
    const owner = inner as Record<string, unknown>;
    owner[key] ??= i === 0 && Object.hasOwn(defaultKinds, key) ? { kind: defaultKinds[key] } : {};
    inner = owner[key];
  }
  if (typeof inner !== "object" || inner === null) throw noObject(field, full.slice(0, -1));
  (inner as Record<string, unknown>)[full[full.length - 1]] = value;
  return copy;
}

/** An assignment as the command line takes it: what it sets, and to what. @throws EddyError INVALID_ARGUMENT */
export function parseAssignment(assignment: string): { readonly path: string; readonly value: unknown } {
  const [path, ...rest] = assignment.split("=");
  if (rest.length === 0 || path.split(".").some((key) => key === "" || key === "__proto__")) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `-p ${assignment}: needed path=value, as optimiser.learningRate=0.01`,
    );
  }
  return { path, value: parseValue(rest.join("=")) };
}

/**
 * Sets a field of a run by an assignment, as "optimiser.learningRate=0.01".
 * @returns a changed copy
 * @throws EddyError INVALID_ARGUMENT when it is no path=value, or leads through what is no object
 */
export function override(run: unknown, assignment: string): unknown {
  const { path, value } = parseAssignment(assignment);
  return setField(run, path, value, `-p ${assignment}`);
}
