import type { Simulation } from "../simulation/simulation.js";
import type { NetworkEvent } from "../streams/events.js";
import { note, printJson } from "./terminal.js";

/** An event of a simulation, as its topic shows it. */
type EventRecord = Readonly<Record<string, unknown>>;

/** What the network does all the time. */
export const usualKinds: ReadonlySet<string> = new Set<NetworkEvent["kind"]>([
  "phase",
  "gate",
  "outputError",
  "update",
  "recurrentUpdate",
]);

/** What people have to know of whatever else they look at. */
const texts: Readonly<Record<string, (event: EventRecord) => string>> = {
  checkpointFailed: ({ tick, reason }) => `no checkpoint at tick ${tick}: ${reason}`,
  degraded: ({ tick, reason }) => `degraded at tick ${tick}: ${reason}`,
  recordingEnded: ({ tick, name, reason }) => `recording ${name} ended at tick ${tick}: ${reason}`,
  branchEnded: ({ tick, name, reason }) =>
    `twin ${name} ended at tick ${tick}${reason === null ? "" : `: ${reason}`}`,
};

/** Watches what a simulation tells of itself. */
export async function watchEvents(simulation: Simulation, see: (event: EventRecord) => void): Promise<void> {
  let handle = -1;
  simulation.frames.subscribe({
    next({ watch, payload }) {
      const event = payload as EventRecord;
      if (watch === handle && !usualKinds.has(String(event.kind))) see(event);
    },
    // whoever waits for the end tells it
    error: () => {},
  });
  handle = await simulation.watch({ topic: "events", every: 1 });
}

/** Tells an event: programs get each as a JSON object, people those that they have to know of. */
export function tellEvent({ kind, ...rest }: EventRecord, json: boolean | undefined): void {
  if (json) printJson({ event: kind, ...rest });
  else if (Object.hasOwn(texts, String(kind))) note(texts[String(kind)](rest));
}
