import { setImmediate as otherWork } from "node:timers/promises";

/** What repeated runs of a piece of work took, with the names that the baselines print. */
export interface Timing {
  /** milliseconds */
  readonly min_ms: number;
  /** milliseconds */
  readonly median_ms: number;
  readonly runs: number;
}

/** How long and how often a measurement repeats its work. */
export interface Effort {
  /** goes on for so long; the work that is under way ends */
  readonly seconds: number;
  /** runs before the first that counts */
  readonly warmUps: number;
  /** runs that count, at least */
  readonly runs: number;
  /** a time of `performance.now()` after which nothing is repeated, whatever the other fields ask for */
  readonly deadlineMs: number;
}

/** As the baselines measure: three runs to warm up, then for so many seconds, five runs at least. */
export const fullEffort = (seconds: number): Effort => ({
  seconds,
  warmUps: 3,
  runs: 5,
  deadlineMs: Number.POSITIVE_INFINITY,
});

const rounded = (ms: number): number => Math.round(ms * 1e4) / 1e4;

/**
 * Minimum and median of times.
 * @param times milliseconds, one or more
 */
export function timing(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    min_ms: rounded(sorted[0]),
    median_ms: rounded(sorted[Math.floor(sorted.length / 2)]),
    runs: sorted.length,
  };
}

/**
 * Repeats a piece of work and times each run.
 * @param work resolves when the backend has finished, not when it has taken the work on
 * @param per so many units are one run's work: the times are those of one unit
 */
export async function timed(work: () => Promise<unknown>, effort: Effort, per = 1): Promise<Timing> {
  const run = async (): Promise<number> => {
    const startMs = performance.now();
    await work();
    const ms = (performance.now() - startMs) / per;
    // backends that compute at once leave no turn of the event loop to a Ctrl-C
    await otherWork();
    return ms;
  };
  let last = 0;
  for (let i = 0; i < effort.warmUps; i++) {
    last = await run();
    // work that outlasts what is left of the time is not made twice: its warm-up has to count
    if (performance.now() + last * per > effort.deadlineMs) return timing([last]);
  }
  const times: number[] = [];
  const endMs = performance.now() + effort.seconds * 1000;
  const goOn = (): boolean => {
    const now = performance.now();
    if (times.length === 0) return true;
    if (now >= effort.deadlineMs) return false;
    return now < endMs || times.length < effort.runs;
  };
  while (goOn()) times.push(await run());
  return timing(times);
}
