import { basename } from "node:path";
import { InvalidArgumentError } from "commander";
import { type BackendChoice, choiceText } from "../simulation/choose-backend.js";
import { override } from "../simulation/override.js";
import { readJson } from "./read-json.js";
import { note, printJson } from "./terminal.js";

/** A whole number within bounds, from the command line. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Needed a whole number ${range}.`);
  };

/** One of several words. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Needed one of ${words.join(", ")}.`);
  };

/** Tells which backend was chosen, and why: a line for people, or a JSON object. */
export function tellChoice(choice: BackendChoice | null | undefined, json: boolean | undefined): void {
  if (!choice) return;
  if (json) printJson({ choice });
  else note(choiceText(choice));
}

/** What --backend takes where there is a run to measure. */
export const backendOption =
  "backend to compute on, or auto: the fastest for this run, by a short measurement";

/** Collects an option that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Applies -p path=value in order. @throws EddyError INVALID_ARGUMENT */
export const applyOverrides = (run: unknown, assignments: readonly string[] = []): unknown =>
  assignments.reduce<unknown>(override, run);

/** Reads a run file; one that gives the run no name lends it its own. @throws EddyError FILE_NOT_FOUND, FILE_INVALID */
export function readRun(file: string): unknown {
  const run = readJson(file);
  return typeof run === "object" && run !== null && !Array.isArray(run)
    ? { name: basename(file, ".json"), ...run }
    : run;
}
