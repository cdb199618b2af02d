import { closestMatch } from "leven";

/** Letters that a misspelling may differ by: one of three, since short names lie close together. */
const distanceMax = (name: string): number => Math.max(1, Math.min(3, Math.floor(name.length / 3)));

/** The name that was meant, or null when none is near. */
export function meant(name: string, names: readonly string[]): string | null {
  return closestMatch(name, [...names], { maxDistance: distanceMax(name) }) ?? null;
}

/** What a message offers instead of a name that is none: the nearest one, if any is near, and all. */
export function nearest(name: string, names: readonly string[]): string {
  const near = meant(name, names);
  return `${near === null ? "" : `did you mean ${near}? `}there are ${names.join(", ") || "none"}`;
}
