import { fieldsOf, type GateRecord, phaseNamed } from "./records.js";
import type { PhaseEntry } from "./store/task-log.js";

/** What had happened when the page came to it. */
export interface Past {
  /** the last tick that it tells of */
  readonly to: number;
  /** by task, oldest first, from the first stimulus on */
  readonly phases: ReadonlyMap<string, readonly PhaseEntry[]>;
  readonly gates: readonly (GateRecord & { readonly tick: number })[];
}

type Mark = readonly [tick: number, value: unknown];

/** Reads a frame of the topic "lanes"; undefined when it is none. */
export function pastOf(payload: unknown): Past | undefined {
  const { from, to, lanes } = fieldsOf(payload);
  if (typeof from !== "number" || typeof to !== "number" || !Array.isArray(lanes)) return undefined;
  const marksOf = (kind: string): (readonly [lane: string, marks: readonly Mark[]])[] =>
    lanes.filter((one) => one.kind === kind).map(({ lane, marks }) => [lane, marks]);
  const stimuli = new Map(marksOf("input"));
  const phases = marksOf("phase").map(
    ([task, marks]) => [task, phaseEntries(marks, stimuli.get(task) ?? [])] as const,
  );
  const gates = marksOf("gate").flatMap(([pathway, marks]) =>
    // the mark at `from` says what held then, not what was done
    marks.flatMap(([tick, gate]) =>
      tick > from && typeof gate === "number" ? [{ tick, pathway, gate }] : [],
    ),
  );
  return { to, phases: new Map(phases), gates: gates.sort((a, b) => a.tick - b.tick) };
}

/** Phases with the trials that they are of. */
function phaseEntries(marks: readonly Mark[], stimuli: readonly Mark[]): PhaseEntry[] {
  return marks.flatMap(([tick, value]) => {
    const phase = phaseNamed(value);
    const trial = stimuli.findLast(([entered]) => entered <= tick)?.[1];
    return phase && typeof trial === "number" ? [{ tick, phase, trial }] : [];
  });
}
