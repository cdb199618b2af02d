const SHORTEST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt: anything from 0.5 s up to a bound that doubles with each attempt, to 30 s, so
 * that clients that were cut off together do not come back together.
 * @param attempt attempts that failed since the last connection, from 0
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function backOffMs(attempt: number, random: number): number {
  const boundMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (attempt + 1));
  return SHORTEST_MS + random * (boundMs - SHORTEST_MS);
}
