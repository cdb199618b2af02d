import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention } from "../command.js";
import type { SimulationEvent } from "../part.js";

type EventRecord = Readonly<Record<string, unknown>> & { readonly kind: string; readonly tick: number };

/** Characters of a text, and elements of a list, that an event may have. */
const textMax = 1000;
const listMax = 256;

/** What the topic "events" tells of an event of the network; null for the others, which have topics of their own. */
export function eventRecord(event: NetworkEvent): EventRecord | null {
  switch (event.kind) {
    case "phase":
    case "gate":
      return { ...event };
    case "update":
    case "recurrentUpdate":
      return { kind: "update", tick: event.tick, weights: event.weights };
    case "outputError":
      return { kind: "outputError", tick: event.tick, readout: event.readout };
    default:
      return null;
  }
}

const bounded = (value: unknown): unknown => {
  if (typeof value === "string") return value.slice(0, textMax);
  if (typeof value === "number" && !Number.isFinite(value)) return null;
  return Array.isArray(value) ? value.slice(0, listMax).map(bounded) : value;
};

/** The same event, of a size that can be sent to everybody: long texts and lists are cut, what is no number is null. */
export const boundedEvent = (event: SimulationEvent): SimulationEvent =>
  Object.fromEntries(Object.entries(event).map(([key, value]) => [key, bounded(value)])) as SimulationEvent;

/** The plain values of an intervention; numbers that it brings by the thousand are left out. */
const plainValues = ({ command }: AppliedIntervention): [string, string | number][] =>
  Object.entries(command).filter(
    (entry): entry is [string, string | number] =>
      entry[0] !== "kind" && (typeof entry[1] === "string" || typeof entry[1] === "number"),
  );

/** An intervention as a line, as "gate m1->m2 0.5 (client)". */
export const interventionText = (intervention: AppliedIntervention): string =>
  [
    intervention.command.kind,
    ...plainValues(intervention).map(([, value]) => String(value).slice(0, 100)),
    `(${intervention.by})`,
  ].join(" ");

/** What the topic "events" tells of an intervention: which, by whom, and its plain values. */
export const interventionRecord = (intervention: AppliedIntervention): SimulationEvent =>
  boundedEvent({
    ...Object.fromEntries(plainValues(intervention)),
    kind: "intervention",
    what: intervention.command.kind,
    by: intervention.by,
    seq: intervention.seq,
    tick: intervention.tick,
  });
