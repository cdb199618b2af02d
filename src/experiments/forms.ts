import { EddyError } from "../errors.js";
import { nearest } from "../model/nearest.js";
import { invalid, validate } from "../model/validate.js";
import { axisColumns } from "./cells.js";
import type { Experiment } from "./experiment.js";
import type { Value } from "./measure.js";
import { type Axis, type Form, formSchema, isContinuous, type Study, studySchema } from "./study.js";

/** In full as the paper made it; quick: the effect on less data; smoke: whether it runs. */
export const formNames = ["full", "quick", "smoke"] as const;
export type FormName = (typeof formNames)[number];

/** What a user changes in all studies. */
export interface Changes {
  /** how many */
  readonly seeds?: number;
  /** of training in trials */
  readonly epochs?: number;
  /** fields of every run, by path */
  readonly set?: Readonly<Record<string, unknown>>;
  /** other values of an axis, or the choices and cases that stay, in the studies that have it */
  readonly vary?: Readonly<Record<string, readonly Value[]>>;
  /** only these studies; default: all */
  readonly studies?: readonly string[];
}

const isForm = (form: Experiment["quick"]): form is Form =>
  Object.keys(form).every((key) => Object.hasOwn(formSchema.shape, key));

const formOf = ({ quick, smoke }: Experiment, name: FormName, study: string): Form => {
  if (name === "full") return {};
  const form = name === "quick" ? quick : smoke;
  return isForm(form) ? form : (form[study] ?? {});
};

const known = (names: Iterable<string>): string => [...names].join(", ") || "there is none";

function shortened(axis: Exclude<Axis, { cases: unknown }>, wanted: readonly Value[], field: string): Axis {
  if (Array.isArray(axis)) return [...wanted];
  if ("path" in axis) return { ...axis, values: [...wanted] };
  const choices = wanted.map((value) => {
    const name = String(value);
    if (!Object.hasOwn(axis.choices, name))
      throw invalid(field, value, `choices of the axis: ${known(Object.keys(axis.choices))}`);
    return [name, axis.choices[name]] as const;
  });
  return { choices: Object.fromEntries(choices) };
}

/** The axes with one of them shortened: the one of this name, or that of the cases which have such a column. */
function shorten(vary: Study["vary"], name: string, wanted: readonly Value[], field: string): Study["vary"] {
  const axis = vary[name];
  if (axis && !("cases" in axis)) return { ...vary, [name]: shortened(axis, wanted, field) };
  const found = Object.entries(vary).find(
    ([, candidate]) =>
      "cases" in candidate && candidate.cases.some(({ labels }) => Object.hasOwn(labels, name)),
  );
  if (!found || !("cases" in found[1]))
    throw invalid(field, name, `an axis or a column of cases: ${known(Object.keys(vary))}`);
  const { cases } = found[1];
  const there = [...new Set(cases.map(({ labels }) => labels[name]))];
  const absent = wanted.find((value) => !there.includes(value));
  if (absent !== undefined)
    throw invalid(field, absent, `values that a case has: ${known(there.map(String))}`);
  return { ...vary, [found[0]]: { cases: cases.filter(({ labels }) => wanted.includes(labels[name])) } };
}

/** The names by which a study's axes are chosen from. */
const axisNames = ({ vary }: Pick<Study, "vary">): string[] => [
  ...new Set([...Object.keys(vary), ...axisColumns({ vary })]),
];

function shortenAll(
  study: Study,
  wanted: Readonly<Record<string, readonly Value[]>>,
  where: string,
): Study["vary"] {
  return Object.entries(wanted).reduce(
    (axes, [axis, values]) => shorten(axes, axis, values, `${where}.vary.${axis}`),
    study.vary,
  );
}

function applyForm(name: string, study: Study, given: Form): Study {
  const where = `form of ${name}`;
  const form = validate(formSchema, given, where);
  const vary = shortenAll(study, form.vary, where);
  return { ...study, vary, seeds: form.seeds ?? study.seeds, set: { ...study.set, ...form.set } };
}

/** Fields of the network may leave the word network out. */
const fieldOf = (path: string): string => path.replace(/^network\./, "");

/** The axis that sets a field, or undefined. */
const axisSetting = ({ vary }: Pick<Study, "vary">, path: string): string | undefined =>
  Object.entries(vary).find(([name, axis]) => {
    const set = Array.isArray(axis)
      ? [name]
      : "path" in axis
        ? [axis.path]
        : "choices" in axis
          ? Object.values(axis.choices).flatMap(Object.keys)
          : axis.cases.flatMap((one) => Object.keys(one.set));
    return set.some((field) => fieldOf(field) === fieldOf(path));
  })?.[0];

/** A change that would make an axis untrue. @throws EddyError INVALID_ARGUMENT */
export function checkChanges(
  study: Pick<Study, "vary">,
  changes: Readonly<Record<string, unknown>>,
  where = "-p ",
): void {
  for (const path of Object.keys(changes)) {
    const axis = axisSetting(study, path);
    if (axis === undefined) continue;
    throw new EddyError(
      "INVALID_ARGUMENT",
      `${where}${path}: the axis ${axis} sets this; choose its values with --vary ${axis}=..., or leave it`,
    );
  }
}

function applyChanges(name: string, study: Study, { seeds, epochs, set, vary = {} }: Changes): Study {
  const length = epochs === undefined || isContinuous(study.run) ? {} : { "schedule.epochs": epochs };
  const names = axisNames(study);
  const own = Object.fromEntries(Object.entries(vary).filter(([axis]) => names.includes(axis)));
  const changed = { ...study, vary: shortenAll(study, own, `study ${name}`), seeds: seeds ?? study.seeds };
  checkChanges(changed, { ...length, ...set });
  return { ...changed, set: { ...study.set, ...length, ...set } };
}

/** @throws EddyError INVALID_ARGUMENT for a study that the experiment does not have */
function chosen({ name, studies }: Experiment, wanted: readonly string[] | undefined) {
  const names = Object.keys(studies);
  const unknown = wanted?.find((study) => !names.includes(study));
  if (unknown !== undefined) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `--study ${unknown}: no study of ${name}; ${nearest(unknown, names)}`,
    );
  }
  return Object.entries(studies).filter(([study]) => wanted === undefined || wanted.includes(study));
}

/**
 * The studies of an experiment in one of its forms, with a user's changes.
 * @throws EddyError INVALID_DESCRIPTION; INVALID_ARGUMENT for an axis that no study has
 */
export function studiesOf(
  experiment: Experiment,
  form: FormName,
  changes: Changes = {},
): Readonly<Record<string, Study>> {
  const studies = chosen(experiment, changes.studies).map(
    ([name, given]) =>
      [
        name,
        applyForm(name, validate(studySchema, given, `study ${name}`), formOf(experiment, form, name)),
      ] as const,
  );
  if (changes.epochs !== undefined && studies.every(([, study]) => isContinuous(study.run))) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `--epochs ${changes.epochs}: ${experiment.name} runs continuously; needed -p measure.trials=N`,
    );
  }
  const axes = [...new Set(studies.flatMap(([, study]) => axisNames(study)))];
  for (const axis of Object.keys(changes.vary ?? {})) {
    if (!axes.includes(axis)) {
      throw new EddyError(
        "INVALID_ARGUMENT",
        `--vary ${axis}: no study of ${experiment.name} varies this; ${nearest(axis, axes)}`,
      );
    }
  }
  return Object.fromEntries(studies.map(([name, study]) => [name, applyChanges(name, study, changes)]));
}
