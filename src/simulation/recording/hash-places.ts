import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention } from "../command.js";

/** Interventions after which all weights may be others. */
const changesWeights: ReadonlySet<string> = new Set(["lesion", "reset", "restore"]);

/** What is hashed after a tick. */
export interface HashPlace {
  /** names of the weights that changed since the last hash; "all" after an intervention that may have changed any */
  readonly weights: readonly string[] | "all";
}

/** Says after which ticks the state is hashed, and which weights with it. */
export interface HashPlaces {
  see(event: NetworkEvent): void;
  applied(intervention: AppliedIntervention): void;
  /** after a tick: null where nothing is hashed */
  ticked(): HashPlace | null;
}

/**
 * Places at the ends of phases (a readout answered, or a task waits again) or after every tick. What happens between two
 * ticks makes none, so it does not matter when somebody looks at the state there.
 */
export function hashPlaces(every: "phases" | "ticks"): HashPlaces {
  const changed = new Set<string>();
  let all = false;
  let phaseEnded = false;
  return {
    see(event) {
      if (event.kind === "update" || event.kind === "recurrentUpdate") changed.add(event.weights);
      if (event.kind === "output" || (event.kind === "phase" && event.phase === "waiting")) phaseEnded = true;
    },
    applied({ command }) {
      phaseEnded = false;
      if (changesWeights.has(command.kind)) all = true;
    },
    ticked() {
      const due = every === "ticks" || phaseEnded;
      phaseEnded = false;
      if (!due) return null;
      const weights = all ? "all" : [...changed].sort();
      changed.clear();
      all = false;
      return { weights };
    },
  };
}
