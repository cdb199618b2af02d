import { EddyError } from "../../errors.js";

/** The refusal of a field of a command. */
export const refuse = (field: string, given: unknown, needed: string): EddyError =>
  new EddyError("INVALID_ARGUMENT", `${field}: given ${JSON.stringify(given) ?? given}, needed ${needed}`);

/** The number itself. @throws EddyError INVALID_ARGUMENT when it is not from `least` to `most` */
export function inRange(field: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw refuse(field, Number.isFinite(value) ? value : String(value), `a number from ${least} to ${most}`);
}

/** The whole number itself. @throws EddyError INVALID_ARGUMENT when it is not from `least` to `most` */
export function wholeInRange(field: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw refuse(
    field,
    Number.isFinite(value) ? value : String(value),
    `a whole number from ${least} to ${most}`,
  );
}

/** Names that would have been right, for a message. */
export const oneOf = (names: Iterable<string>): string => `one of ${[...names].join(", ")}`;

/** What a name stands for. @throws EddyError INVALID_ARGUMENT that names the others */
export function named<Value>(field: string, values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw refuse(field, name, oneOf(values.keys()));
  return value;
}

/** @throws EddyError INVALID_ARGUMENT unless there are so many numbers, all of them finite */
export function checkValues(field: string, values: Float32Array, count: number): void {
  if (values.length !== count) throw refuse(field, `${values.length} numbers`, `${count}`);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw refuse(`${field}[${at}]`, String(values[at]), "a finite number");
}

/** @throws EddyError INVALID_ARGUMENT unless it is a pace */
export function checkPace(field: string, ticksPerSecond: number | null): void {
  if (ticksPerSecond !== null) inRange(field, ticksPerSecond, 1e-3, 1e9);
}

/** @throws EddyError INVALID_ARGUMENT unless it is a number of ticks */
export function checkSteps(field: string, ticks: number): void {
  if (!Number.isSafeInteger(ticks) || ticks < 1) throw refuse(field, ticks, "a whole number from 1");
}
