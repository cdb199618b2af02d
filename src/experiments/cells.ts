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

/** The seeds of a study: 1 to N, or those that it names. */
export const seedsOf = ({ seeds }: Pick<Study, "seeds">): readonly number[] =>
  typeof seeds === "number" ? Array.from({ length: seeds }, (_unused, i) => i + 1) : [...new Set(seeds)];

function make(name: string, study: Study, combination: readonly Point[], seed: number): Cell {
  const where = `study ${name}`;
  const options: Record<string, unknown> = { ...study.options };
  let run: unknown = { ...study.run, seed };
  for (const settings of [...combination.map((point) => point.settings), study.set]) {
    for (const [path, value] of Object.entries(settings)) {
      if (path === "seed")
        throw invalid(`${where}.${path}`, value, "seeds, which says how many there are, or which");
      if (path.startsWith(optionPrefix)) options[path.slice(optionPrefix.length)] = value;
      else run = setField(run, path, value, `${where}.${path}`);
    }
  }
  const measure = measureNamed(study.measure);
  const content = {
    study: name,
    labels: Object.assign({}, ...combination.map(({ labels }) => labels)) as Cell["labels"],
    seed,
    measure: study.measure,
    options: validate(measure.options, options, `${where}.options`),
    run: describeRun(resolveRun(run)),
  };
  return { ...content, id: createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16) };
}

/**
 * All cells of a study; every combination with the first seed comes first, so that an interrupted study shows something.
 * @throws EddyError INVALID_DESCRIPTION, INVALID_ARGUMENT when any of them is no run, or has no such measure
 */
export function cellsOf(name: string, input: StudyInput): Cell[] {
  const study = validate(studySchema, input, `study ${name}`);
  const all = combinations(Object.entries(study.vary).map(([axis, values]) => points(axis, values)));
  const cells = seedsOf(study).flatMap((seed) =>
    all.map((combination) => make(name, study, combination, seed)),
  );
  const labelled = new Set(cells.map(({ id }) => id));
  if (labelled.size < cells.length)
    throw new EddyError(
      "INVALID_DESCRIPTION",
      `study ${name}: two values of an axis are the same; needed different ones`,
    );
  return cells;
}
