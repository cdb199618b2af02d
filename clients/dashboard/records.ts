/** A task's clock entered a phase. */
export interface PhaseRecord {
  readonly task: string;
  readonly phase: "waiting" | "inference" | "learning";
  readonly trial: number;
}

/** A trial was answered. */
export interface TrialRecord {
  readonly trial: number;
  /** part of the batch that was right: 0 or 1 for one stimulus at a time */
  readonly accuracy: number;
}

/** A pathway's gate was set. */
export interface GateRecord {
  readonly pathway: string;
  readonly gate: number;
}

const PHASES = ["waiting", "inference", "learning"] as const;

/** The fields of a record; none of what is no record. */
export function fieldsOf(payload: unknown): Readonly<Record<string, unknown>> {
  return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
}

/** The phase of this name; undefined when there is none. */
export const phaseNamed = (name: unknown): PhaseRecord["phase"] | undefined =>
  PHASES.find((phase) => phase === name);

/** Reads a record of the topic "events" as a phase; undefined when it is another event. */
export function phaseRecord(payload: unknown): PhaseRecord | undefined {
  const { kind, task, phase, trial } = fieldsOf(payload);
  const known = phaseNamed(phase);
  if (kind !== "phase" || typeof task !== "string" || typeof trial !== "number" || !known) return undefined;
  return { task, phase: known, trial };
}

/** Reads a record of the topic "events" as a gate's; undefined when it is another event. */
export function gateRecord(payload: unknown): GateRecord | undefined {
  const { kind, pathway, gate } = fieldsOf(payload);
  if (kind !== "gate" || typeof pathway !== "string" || typeof gate !== "number") return undefined;
  return { pathway, gate };
}

/** Reads a record of a topic "metrics/TASK"; undefined when it is another kind of record. */
export function trialRecord(payload: unknown): TrialRecord | undefined {
  const { trial, accuracy } = fieldsOf(payload);
  if (typeof trial !== "number" || typeof accuracy !== "number") return undefined;
  return { trial, accuracy };
}
