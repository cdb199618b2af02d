import { createHash } from "node:crypto";
import { EddyError } from "../errors.js";
import { invalid, validate } from "../model/validate.js";
import { setField } from "../simulation/override.js";
import { describeRun, resolveRun } from "../simulation/run-description.js";
import type { Value } from "./measure.js";
import { measureNamed } from "./measures.js";
import { type Axis, type Study, type StudyInput, studySchema } from "./study.js";

/** One run of a study with one seed: what is computed in one go, and kept once it is finished. */
export interface Cell {
  readonly study: string;
  /** by axis, the value or the name of the choice */
  readonly labels: Readonly<Record<string, Value>>;
  readonly seed: number;
  readonly measure: string;
  readonly options: unknown;
  /** a run, every default filled in */
  readonly run: unknown;
  /** follows from all of the above */
  readonly id: string;
}

type Settings = Readonly<Record<string, unknown>>;

/** A point on an axis: what its columns say, and what it sets. */
interface Point {
  readonly labels: Readonly<Record<string, Value>>;
  readonly settings: Settings;
}

const optionPrefix = "measure.";

/** "3" is a number, so that it has its place on an axis; "2-2" is a name. */
const asLabel = (name: string): Value => (String(Number(name)) === name ? Number(name) : name);

function points(name: string, axis: Axis): Point[] {
  if ("cases" in axis) return axis.cases.map(({ labels, set }) => ({ labels, settings: set }));
  if ("choices" in axis) {
    return Object.entries(axis.choices).map(([choice, settings]) => ({
      labels: { [name]: asLabel(choice) },
      settings,
    }));
  }
  const { path, values } = Array.isArray(axis) ? { path: name, values: axis } : axis;
  return values.map((value) => ({ labels: { [name]: value }, settings: { [path]: value } }));
}

/** Every combination of points, the last axis fastest. */
const combinations = (axes: readonly (readonly Point[])[]): Point[][] =>
  axes.reduce<Point[][]>(
    (made, points) => made.flatMap((before) => points.map((point) => [...before, point])),
    [[]],
  );

/** The columns that a study's axes fill. */
export const axisColumns = ({ vary }: Pick<Study, "vary">): string[] => [
  ...new Set(
    Object.entries(vary).flatMap(([name, axis]) =>
      "cases" in axis ? axis.cases.flatMap(({ labels }) => Object.keys(labels)) : [name],
    ),
  ),
];

/** The seeds of a study: 1 to N, those that it names, or that of its run. */
export function seedsOf({ seeds, run }: Pick<Study, "seeds" | "run">): readonly number[] {
  if (seeds === undefined) return typeof run.seed === "number" ? [run.seed] : [1];
  return typeof seeds === "number"
    ? Array.from({ length: seeds }, (_unused, i) => i + 1)
    : [...new Set(seeds)];
}

/** Columns that every row has. */
const ownColumns = ["study", "seed"];

/** A column says one thing. @throws EddyError INVALID_DESCRIPTION */
function checkColumns(where: string, axes: readonly (readonly Point[])[]): void {
  const columns = axes.flatMap((points) => [...new Set(points.flatMap(({ labels }) => Object.keys(labels)))]);
  const taken = columns.find((column, i) => ownColumns.includes(column) || columns.indexOf(column) !== i);
  if (taken === undefined) return;
  throw invalid(
    `${where}.vary`,
    taken,
    `a name for the axis that is not taken: ${ownColumns.join(", ")} and others' columns are`,
  );
}

/** What a cell's run and measure are given, the study's own fields last. */
function settle(where: string, study: Study, combination: readonly Point[], studySeed: number) {
  const options: Record<string, unknown> = { ...study.options };
  let seed: unknown = studySeed;
  let run: unknown = study.run;
  for (const settings of [...combination.map((point) => point.settings), study.set]) {
    for (const [path, value] of Object.entries(settings)) {
      if (path === "seed") {
        if (study.seeds !== undefined)
          throw invalid(`${where}.${path}`, value, "seeds alone, which says how many there are, or which");
        seed = value;
      } else if (path.startsWith(optionPrefix)) options[path.slice(optionPrefix.length)] = value;
      else run = setField(run, path, value, `${where}.${path}`);
    }
  }
  return { run: resolveRun(setField(run, "seed", seed)), options };
}

function make(name: string, study: Study, combination: readonly Point[], seed: number): Cell {
  const where = `study ${name}`;
  const measure = measureNamed(study.measure);
  const { run, options } = settle(where, study, combination, seed);
  const content = {
    study: name,
    labels: Object.assign({}, ...combination.map(({ labels }) => labels)) as Cell["labels"],
    seed: run.seed,
    measure: study.measure,
    options: validate(measure.options, options, `${where}.options`),
    run: describeRun(run),
  };
  return { ...content, id: createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16) };
}

/** More than anybody can wait for, and than there is room for. */
const cellsMax = 100_000;

/**
 * All cells of a study; every combination with the first seed comes first, so that an interrupted study shows something.
 * @throws EddyError INVALID_DESCRIPTION, INVALID_ARGUMENT when any of them is no run, or has no such measure
 */
export function cellsOf(name: string, input: StudyInput): Cell[] {
  const where = `study ${name}`;
  const study = validate(studySchema, input, where);
  const axes = Object.entries(study.vary).map(([axis, values]) => points(axis, values));
  checkColumns(where, axes);
  const count = axes.reduce((product, { length }) => product * length, seedsOf(study).length);
  if (count > cellsMax) throw invalid(`${where}.vary`, count, `at most ${cellsMax} combinations`);
  const all = combinations(axes);
  const cells = seedsOf(study).flatMap((seed) =>
    all.map((combination) => make(name, study, combination, seed)),
  );
  const labelled = new Set(cells.map(({ id }) => id));
  if (labelled.size < cells.length)
    throw new EddyError(
      "INVALID_DESCRIPTION",
      `${where}: two values of an axis are the same; needed different ones`,
    );
  return cells;
}

/** A cell in words, as "rule AP, layers 3, seed 1". */
export const cellText = ({ labels, seed }: Pick<Cell, "labels" | "seed">): string =>
  [...Object.entries(labels).map(([axis, value]) => `${axis} ${value}`), `seed ${seed}`].join(", ");
