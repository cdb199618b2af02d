import { alarms } from "./alarms/alarms.js";
import { beginning } from "./beginning.js";
import { branchPoints } from "./branches/branch-points.js";
import { type CheckpointFolder, checkpoints } from "./checkpoints/checkpoints.js";
import type { OpenedFrom } from "./checkpoints/open-from.js";
import type { Engine } from "./engine.js";
import { guard } from "./guard/guard.js";
import type { OpenOptions } from "./open-options.js";
import type { Pacing } from "./pacing.js";
import type { Part } from "./part.js";
import { recordings } from "./recording/recordings.js";
import type { Worlds } from "./worlds/worlds.js";

/** What was found when a simulation was opened. */
export interface Opened {
  /** what it goes on from */
  readonly from: OpenedFrom | null;
  readonly checkpoints: CheckpointFolder | null;
  readonly worlds: Worlds;
}

/** What acts by itself; in a replay nothing does. */
const acting = (engine: Engine, pacer: Pacing, { replay }: OpenOptions, checkpoint: Part | null): Part[] =>
  replay
    ? []
    : [
        guard(engine),
        alarms(engine, {
          pacer,
          checkpoint: checkpoint && (() => checkpoint.command?.({ kind: "checkpoint" }) ?? null),
        }),
      ];

/** The part that tells how a simulation came to be. */
function beginningOf(engine: Engine, { degraded, backend }: OpenOptions, { from }: Opened): Part {
  const damaged = (from?.passedOver ?? []).map(({ name, reason }) => ({
    kind: "checkpointDamaged",
    name,
    reason,
  }));
  const lost =
    degraded === undefined ? [] : [{ kind: "degraded", reason: degraded, backend: backend ?? null }];
  return beginning(engine, [...damaged, ...lost], degraded ?? null);
}

/** What takes part in a simulation that was opened with these options; each is told of things before those after it. */
export const partsOf =
  (options: OpenOptions, opened: Opened) =>
  (engine: Engine, pacer: Pacing): readonly Part[] => {
    const kept = opened.checkpoints && checkpoints(engine, opened.checkpoints);
    return [
      ...acting(engine, pacer, options, kept),
      opened.worlds.part(engine, pacer),
      ...(kept ? [kept] : []),
      ...(options.branchPoints === undefined ? [] : [branchPoints(engine, options.branchPoints)]),
      ...(options.recordings === undefined ? [] : [recordings(engine, options.recordings)]),
      beginningOf(engine, options, opened),
    ];
  };
