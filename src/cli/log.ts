import { pino } from "pino";
import type { ServerLog } from "../server/log.js";
import { note } from "./terminal.js";

/** How much is logged, from what is wrong to all that happens. */
export const logLevels = ["error", "warn", "info", "debug"] as const;

/** A level of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** A line for people: what is wrong, and the numbers that say where. */
function line(fields: object, text: string): string {
  const details = Object.entries(fields)
    .filter(([key, value]) => value !== undefined && key !== "session" && key !== "err")
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
  return details === "" ? text : `${text}: ${details}`;
}

/** Where a bug of ours happened, or nothing. */
function stackOf(fields: object): string {
  const error = "err" in fields ? fields.err : undefined;
  return error instanceof Error ? `\n${error.stack ?? error.message}` : "";
}

/** For people, who are told only what needs them. */
const forPeople: ServerLog = {
  debug() {},
  info() {},
  warn: (fields, text) => note(line(fields, text)),
  error: (fields, text) => note(`${line(fields, text)}${stackOf(fields)}`),
};

/**
 * Where the server says what happens.
 * @param level absent: lines for people, about what is wrong; otherwise one JSON object a line, all to standard error
 */
export function serverLog(level: LogLevel | undefined): ServerLog {
  if (level === undefined) return forPeople;
  // written at once, so that nothing is lost when the process ends
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
