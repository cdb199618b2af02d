import { refuse } from "../interventions/ranges.js";

/**
 * Checks that a twin may have this name: it becomes part of topics and the name of a file.
 * @throws EddyError INVALID_ARGUMENT
 */
export function checkTwinName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(name) || name === "difference")
    throw refuse("name", name, "1 to 40 letters, digits, - and _, other than difference");
}
