const FRAMES_PER_SECOND_AIM = 40;
// A little over 60, so that a simulation paced at 60 ticks a second is seen in full.
const FRAMES_PER_SECOND_MAX = 66;
const FRAMES_PER_SECOND_MIN = 12;
const EVERY_MAX = 1_000_000;

/**
 * Every how many ticks to ask for a frame, so that a plot gets 12 to 66 frames a second; 1, 2, 5, 10, 20, ..., so that
 * pages that look at the same thing share it. It stays as it is while it still does.
 * @param ticksPerSecond of the simulation
 * @param current what is asked for now
 */
export function everyFor(ticksPerSecond: number, current: number): number {
  const framesPerSecond = ticksPerSecond / current;
  const isSparse = current > 1 && framesPerSecond < FRAMES_PER_SECOND_MIN;
  if (framesPerSecond <= FRAMES_PER_SECOND_MAX && !isSparse) return current;
  for (let decade = 1; decade < EVERY_MAX; decade *= 10) {
    for (const step of [1, 2, 5]) {
      if (ticksPerSecond / (decade * step) <= FRAMES_PER_SECOND_AIM) return decade * step;
    }
  }
  return EVERY_MAX;
}
