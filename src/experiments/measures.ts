import { nearest } from "../model/nearest.js";
import { invalid } from "../model/validate.js";
import type { Measure } from "./measure.js";
import { alignment } from "./measures/alignment.js";
import { cosine } from "./measures/cosine.js";
import { errorMagnitudes } from "./measures/error-magnitudes.js";
import { events } from "./measures/events.js";
import { gaborImages } from "./measures/gabor-images.js";
import { lyapunov } from "./measures/lyapunov.js";
import { psychometric } from "./measures/psychometric.js";
import { states } from "./measures/states.js";
import { stream } from "./measures/stream.js";
import { training } from "./measures/training.js";
import { trajectories } from "./measures/trajectories.js";

/** All measures by the names that studies use. */
export const measures = {
  training,
  lyapunov,
  states,
  trajectories,
  "error-magnitudes": errorMagnitudes,
  psychometric,
  "gabor-images": gaborImages,
  stream,
  events,
  cosine,
  alignment,
} as const satisfies Readonly<Record<string, Measure<unknown>>>;

export type MeasureName = keyof typeof measures;

/** @throws EddyError INVALID_DESCRIPTION for a name that is none, with the nearest that is */
export function measureNamed(name: string): Measure<unknown> {
  if (Object.hasOwn(measures, name)) return measures[name as MeasureName];
  throw invalid("measure", name, `a measure; ${nearest(name, Object.keys(measures))}`);
}
