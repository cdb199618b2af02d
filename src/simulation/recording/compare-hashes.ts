import type { StateHash, StoredFingerprint } from "./state-hash.js";

/** The first thing in which a replay is not what was recorded. */
export interface Difference {
  /** ticks made when it shows */
  readonly tick: number;
  readonly what: "state" | "error" | "weights";
  /** of the module or the weights */
  readonly name: string;
  readonly recorded: StoredFingerprint | null;
  readonly replayed: StoredFingerprint | null;
}

/** Largest difference of two means of |x|, relative, where other bits are no difference. */
const magnitudeTolerance = 0.01;
/** What is this small is noise of rounding. */
const negligible = 1e-6;

function alike(a: StoredFingerprint | null, b: StoredFingerprint | null, exact: boolean): boolean {
  if (a === null || b === null) return a === b;
  if (exact) return a[0] === b[0];
  const [, recorded] = a;
  const [, replayed] = b;
  if (recorded === null || replayed === null) return recorded === replayed;
  return Math.abs(recorded - replayed) <= magnitudeTolerance * Math.max(recorded, replayed, negligible);
}

/**
 * Looks for what differs between two hashes: states first, since all else follows from them.
 * @param exact bit by bit; else by the means of |x|
 */
export function compareHashes(
  tick: number,
  recorded: StateHash,
  replayed: StateHash,
  exact: boolean,
): Difference | null {
  for (const what of ["state", "error"] as const) {
    for (const [name, module] of Object.entries(recorded.modules)) {
      const [before, now] = [module[what], replayed.modules[name]?.[what] ?? null];
      if (!alike(before, now, exact)) return { tick, what, name, recorded: before, replayed: now };
    }
  }
  for (const [name, before] of Object.entries(recorded.weights)) {
    const now = replayed.weights[name] ?? null;
    if (!alike(before, now, exact)) return { tick, what: "weights", name, recorded: before, replayed: now };
  }
  return null;
}
