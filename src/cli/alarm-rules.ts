import { InvalidArgumentError } from "commander";
import type { AlarmCondition } from "../simulation/command.js";
import type { Simulation } from "../simulation/simulation.js";
import { note } from "./terminal.js";

/** A rule of the command line: an alarm whose name is its text. */
export interface AlarmRule {
  readonly name: string;
  readonly when: AlarmCondition;
}

const allowed =
  'Needed "accuracy TASK > 0.95 over 100", "residual MODULE < 0.001", "spectralRadius MODULE > 1" or "notFinite"; < and > may change places, but for spectralRadius.';

const refuse = (): never => {
  throw new InvalidArgumentError(allowed);
};

function conditionOf(words: readonly string[]): AlarmCondition {
  const [measure, subject, sign, bound, ...rest] = words;
  if (measure === "notFinite") return words.length === 1 ? { measure } : refuse();
  const value = Number(bound);
  if (!subject || (sign !== ">" && sign !== "<") || bound === undefined || !Number.isFinite(value))
    return refuse();
  const bounds = sign === ">" ? { above: value } : { below: value };
  switch (measure) {
    case "accuracy": {
      const [word, count] = rest;
      const over = Number(count);
      if (rest.length !== 2 || word !== "over" || !Number.isInteger(over) || over < 1) return refuse();
      return { measure, task: subject, over, ...bounds };
    }
    case "residual":
      return rest.length === 0 ? { measure, module: subject, ...bounds } : refuse();
    case "spectralRadius":
      return rest.length === 0 && sign === ">" ? { measure, module: subject, above: value } : refuse();
    default:
      return refuse();
  }
}

/** Reads a rule, and puts it to those before it. @throws InvalidArgumentError that says what a rule looks like */
export function collectRule(text: string, before: readonly AlarmRule[] = []): readonly AlarmRule[] {
  const words = text.replace(/[<>]/g, " $& ").trim().split(/\s+/);
  const name = words.join(" ");
  if (name.length > 200) refuse();
  return [...before, { name, when: conditionOf(words) }];
}

/** What the rules of a run have come to. */
export interface Rules {
  /** the rule that ended it, with the value that did; null: none has */
  endedBy(): { readonly rule: string; readonly value: number | null } | null;
}

interface Raised {
  readonly kind: string;
  readonly tick: number;
  readonly name: string;
  readonly value: number | null;
}

/**
 * Sets the rules' alarms and tells of those that are raised.
 * @throws EddyError INVALID_ARGUMENT, as a rejection, for a task or module that is not there
 */
export async function setRules(
  simulation: Simulation,
  {
    stop = [],
    alarm = [],
    json = false,
  }: { stop?: readonly AlarmRule[]; alarm?: readonly AlarmRule[]; json?: boolean },
): Promise<Rules> {
  const stopping = new Set(stop.map(({ name }) => name));
  let ended: { rule: string; value: number | null } | null = null;
  let handle: number | null = null;
  const see = ({ kind, name, value, tick }: Raised) => {
    if (kind !== "alarm") return;
    if (stopping.has(name)) ended ??= { rule: name, value };
    // programs are told each event
    else if (!json) note(`alarm at tick ${tick}: ${name}${value === null ? "" : ` (${value})`}`);
  };
  if (stop.length + alarm.length > 0) {
    simulation.frames.subscribe({
      next({ watch, payload }) {
        if (watch === handle) see(payload as unknown as Raised);
      },
      // whoever waits for the end tells it
      error: () => {},
    });
    handle = await simulation.watch({ topic: "events", every: 1 });
  }
  for (const rule of alarm) await simulation.command({ kind: "alarm", ...rule, action: "tell" });
  for (const rule of stop) await simulation.command({ kind: "alarm", ...rule, action: "stop" });
  return { endedBy: () => ended };
}
