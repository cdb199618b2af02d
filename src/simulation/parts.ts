import type { Engine } from "./engine.js";
import type { OpenOptions } from "./open-options.js";
import type { Pacing } from "./pacing.js";
import type { Part } from "./part.js";

/** What takes part in a simulation that was opened with these options; each is told of things before those after it. */
export const partsOf =
  (_options: OpenOptions) =>
  (_engine: Engine, _pacer: Pacing): readonly Part[] => [];
