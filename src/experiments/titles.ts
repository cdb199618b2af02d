import type { Row, Value } from "./measure.js";

/** Columns whose names alone do not say enough. */
const known: Readonly<Record<string, string>> = {
  trainAccuracy: "training accuracy, %",
  trainLoss: "training loss",
  seconds: "time, s",
  SR: "spectral radius",
  CR: "connection rate",
  beta: "β",
  epsilon: "ε",
  alpha: "α",
  pc1: "principal component 1",
  pc2: "principal component 2",
  pc3: "principal component 3",
  mle: "maximum Lyapunov exponent",
  ftmle: "finite-time maximum Lyapunov exponent",
  mleMax: "maximum Lyapunov exponent",
  learningRate: "learning rate",
  data: "data set",
};

/** Last words of a column's name that are its unit, or have one. */
const units: readonly (readonly [RegExp, string])[] = [
  [/\baccuracy$/, "accuracy, %"],
  [/ percent$/, ", %"],
  [/ seconds$/, ", s"],
  [/ milliseconds$| ms$/, ", ms"],
  [/ minutes$/, ", min"],
  [/ degrees$/, ", degrees"],
  [/ radians$/, ", rad"],
  [/ bytes$/, ", bytes"],
];

/** Fields whose members need no saying whose they are: one network, one schedule. */
const commonFields = ["network", "schedule", "optimiser", "measure", "propagation"];

/** Fields of which each member has a name of its own: `modules.v4.spectralRadius` is of v4. */
const namedFields = ["modules", "readouts", "stimuli", "tasks"];

/** Whose field a path ends in: `modules.v4.spectralRadius` -> `v4`, `iterations.inference` -> `iterations`. */
function ownersOf(column: string): string[] {
  const owners = column.split(".").slice(0, -1);
  const common = commonFields.includes(owners[0]) ? owners.slice(1) : owners;
  return common.length > 1 && namedFields.includes(common[0]) ? common.slice(1) : common;
}

/** `meanAbsoluteError` -> `mean absolute error`; `STEError` -> `STE error`; a path's last field only */
function words(column: string): string {
  const name = column.slice(column.lastIndexOf(".") + 1);
  return name
    .replace(/[_-]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(" ")
    .map((word) => (/^[A-Z]{2,}/.test(word) ? word : word.toLowerCase()))
    .join(" ");
}

function fieldTitle(field: string): string {
  if (Object.hasOwn(known, field)) return known[field];
  const name = words(field);
  const unit = units.find(([ending]) => ending.test(name));
  return unit ? name.replace(unit[0], unit[1]) : name;
}

/** A column as an axis says it, with its unit: `testAccuracy` -> `test accuracy, %`; a path with whose field it is. */
export const titleOf = (column: string): string =>
  [...ownersOf(column), fieldTitle(column.slice(column.lastIndexOf(".") + 1))].join(" ");

/** A title of the lines that a panel takes of each cell: `test accuracy of the best epoch, %`. */
export function takenTitle(title: string, take: "all" | "best" | "last", rows: readonly Row[]): string {
  if (take === "all") return title;
  const byEpoch = rows.some(({ epoch }) => typeof epoch === "number");
  // where there are no epochs all lines are the last
  const taken = byEpoch ? ` of the ${take} epoch` : take === "best" ? " at its best" : "";
  return withoutUnit(title) + taken + unitOf(title);
}

/** What a column cannot leave, as far as its name says. */
export const rangeOf = (column: string): readonly [number, number] =>
  /accuracy$/i.test(column) ? [0, 100] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

const unitOf = (title: string): string => (/, [^,]+$/.exec(title) ?? [""])[0];
const withoutUnit = (title: string): string => title.slice(0, title.length - unitOf(title).length);

/** What several columns on one axis have in common, such as `accuracy, %`; their names one after the other if nothing. */
export function commonTitle(columns: readonly string[]): string {
  const titles = columns.map(titleOf);
  if (titles.length === 1) return titles[0];
  const named = titles.map((title) => withoutUnit(title).split(" ").reverse());
  const differs = named[0].findIndex((word, i) => named.some((others) => others[i] !== word));
  const shared = differs < 0 ? named[0] : named[0].slice(0, differs);
  const sameUnit = new Set(titles.map(unitOf)).size === 1 ? unitOf(titles[0]) : "";
  if (shared.length > 0) return shared.reverse().join(" ") + sameUnit;
  return titles.map(withoutUnit).join(", ") + sameUnit;
}

/** One of several columns on one axis, in a legend: without the unit, which the axis has. */
export const seriesTitle = (column: string): string => withoutUnit(titleOf(column));

/** At most four digits that count, plainly where that is short: 0.001, 88.61, 1e-7. */
export function numberText(value: number): string {
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? rounded.toExponential() : String(rounded);
}

/** A value as a legend, a heading or a table says it. */
export function valueText(value: Value): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? numberText(value) : value;
}

/** A number of a column: percent with two digits, as papers write them; others as short as they may be. */
export const numberIn = (column: string, value: number): string =>
  titleOf(column).endsWith(", %") ? value.toFixed(2) : numberText(value);
