import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention } from "../command.js";
import type { Engine } from "../engine.js";
import type { Part } from "../part.js";
import type { LaneWindow } from "../simulation.js";
import { interventionText } from "./event-records.js";
import { LaneMemory, type Lanes, type Mark } from "./lane-memory.js";

/** Marks that are kept: at ten a trial of 16 ticks, the last 100,000 ticks. */
const marksMax = 65_536;

/** The part that remembers what happened, for whoever wants to see lanes of it. */
export interface LaneKeeper extends Part {
  /** The lanes of a window; it ends with the next tick to be made where it has no end. */
  window(window: LaneWindow): Lanes & Readonly<Record<string, unknown>>;
}

/** What holds in a network, as marks. */
function heldBy({ net: { state, network } }: Engine): Mark[] {
  const { tick } = state;
  const gates = [...network.pathways.keys()].map(
    (lane): Mark => ({ kind: "gate", lane, tick, value: state.gates.get(lane) ?? 1 }),
  );
  const phases = [...state.tasks].map(
    ([lane, { phase }]): Mark => ({ kind: "phase", lane, tick, value: phase }),
  );
  return [...phases, ...gates];
}

/**
 * The marks of an event: trials by their number where their stimulus enters, phases, errors where they enter the readout
 * they come from, gates, and updates.
 */
function marksOf(event: NetworkEvent, readoutOf: ReadonlyMap<string, string>): Mark[] {
  const { tick } = event;
  switch (event.kind) {
    case "phase": {
      const { task, phase, trial } = event;
      const marks: Mark[] = [{ kind: "phase", lane: task, tick, value: phase }];
      if (phase === "inference") marks.push({ kind: "input", lane: task, tick, value: trial });
      const readout = readoutOf.get(task);
      if (phase === "learning" && readout) marks.push({ kind: "error", lane: readout, tick, value: trial });
      return marks;
    }
    case "gate":
      return [{ kind: "gate", lane: event.pathway, tick, value: event.gate }];
    case "update":
    case "recurrentUpdate":
      return [{ kind: "update", lane: event.weights, tick, value: 1 }];
    default:
      return [];
  }
}

/** Remembers the recent past of a simulation, in bounded memory; a new epoch begins without one. */
export function laneKeeper(engine: Engine, capacity = marksMax): LaneKeeper {
  const memory = new LaneMemory(capacity);
  const readoutOf = new Map(
    [...engine.run.network.tasks.values()].map(({ name, readout }) => [name, readout]),
  );
  /** the last tick at which a module was perturbed */
  const perturbed = new Map<string, number>();
  const begin = () => {
    perturbed.clear();
    memory.begin(engine.net.state.tick, heldBy(engine));
  };
  begin();
  return {
    see(event) {
      if (event.kind === "state") return;
      if (event.kind === "error") {
        const { tick, module } = event;
        if (perturbed.get(module) !== tick - 1)
          memory.push({ kind: "error", lane: module, tick, value: "perturbed" });
        perturbed.set(module, tick);
        return;
      }
      for (const mark of marksOf(event, readoutOf)) memory.push(mark);
    },
    told(event) {
      if (event.kind === "epoch") begin();
    },
    applied(intervention: AppliedIntervention) {
      const { tick } = engine.net.state;
      memory.push({
        kind: "intervention",
        lane: "interventions",
        tick,
        value: interventionText(intervention),
      });
    },
    window({ ticks, end = engine.net.state.tick }) {
      return { ...memory.window(Math.max(0, end - ticks + 1), end) };
    },
  };
}
