import { seedsOf } from "./cells.js";
import { drawnPanels } from "./drawn-panels.js";
import type { Experiment } from "./experiment.js";
import { studiesOf } from "./forms.js";
import { blocks, code, markdownTable, plain } from "./markdown.js";
import { curveTables, type PaperForm, referenceSummary, referencesOf } from "./reference-tables.js";
import { type ResultRecord, resultFiles } from "./result-folder.js";
import type { Study } from "./study.js";
import { summaryTable } from "./summary-table.js";
import type { Tables } from "./table.js";

type Studies = Readonly<Record<string, Study>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The number of epochs that a study trains for; null where its schedule has none. */
function epochsOf({ run, set }: Study): number | null {
  const own = isObject(run.schedule) ? run.schedule.epochs : undefined;
  const epochs = set["schedule.epochs"] ?? own;
  return typeof epochs === "number" ? epochs : null;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const listed = (values: readonly unknown[]): string =>
  values
    .map((value) =>
      isObject(value) && isObject(value.labels) ? Object.values(value.labels).join(" ") : value,
    )
    .join(", ");

/** The values of an axis in words, whichever form it is written in. */
function axisText(axis: Study["vary"][string]): string {
  if (Array.isArray(axis)) return listed(axis);
  if ("values" in axis) return listed(axis.values);
  return "choices" in axis ? listed(Object.keys(axis.choices)) : listed(axis.cases);
}

/** How many seeds, or which where that says more. */
const seedsText = (study: Study): string =>
  typeof study.seeds === "number" ? String(study.seeds) : seedsOf(study).join(", ");

/** What a study changes of the paper's form, a line each. */
function changes(made: Study, full: Study): string[] {
  const fields = Object.entries(made.set).filter(([path, value]) => !same(full.set[path], value));
  const axes = Object.entries(made.vary).filter(([axis, values]) => !same(full.vary[axis], values));
  return [
    ...fields.map(([path, value]) => code(`${path} = ${JSON.stringify(value)}`)),
    ...axes.map(([axis, values]) => `${code(axis)} only ${plain(axisText(values))}`),
    ...(same(seedsOf(made), seedsOf(full)) ? [] : [`seeds ${seedsText(made)} instead of ${seedsText(full)}`]),
  ];
}

/** What of a result is as the paper has it. */
export function paperForm(experiment: Experiment, { description }: ResultRecord): PaperForm {
  const full: Studies = studiesOf(experiment, "full");
  return {
    epochs: (study) => (full[study] ? epochsOf(full[study]) : null),
    until(study) {
      const until = full[study]?.options.until;
      return typeof until === "number" ? until : null;
    },
    unchanged(study) {
      const [made, asked] = [description.studies[study], full[study]];
      if (!made || !asked || !same(made.run, asked.run) || !same(made.options, asked.options)) return false;
      const paths = new Set([...Object.keys(made.set), ...Object.keys(asked.set)]);
      paths.delete("schedule.epochs");
      return [...paths].every((path) => same(made.set[path], asked.set[path]));
    },
  };
}

/** What differs from the paper's form, as sentences; null where nothing does. */
export function differencesText(experiment: Experiment, { description }: ResultRecord): string | null {
  const full: Studies = studiesOf(experiment, "full");
  const byStudy = Object.entries(description.studies).flatMap(([study, made]) => {
    const found = full[study] ? changes(made, full[study]) : [];
    return found.length > 0 ? [{ study, text: found.join(", ") }] : [];
  });
  if (byStudy.length === 0) return null;
  const alike =
    byStudy.length === Object.keys(full).length && new Set(byStudy.map(({ text }) => text)).size === 1;
  return alike ? byStudy[0].text : byStudy.map(({ study, text }) => `${plain(study)}: ${text}`).join("; ");
}

/** 95 s, 12 min, 3.4 h */
export const timeText = (seconds: number): string =>
  seconds < 120
    ? `${Number(seconds.toPrecision(3))} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;

const machineText = (machine: Readonly<Record<string, unknown>>): string =>
  Object.entries(machine)
    .filter(([, value]) => !Array.isArray(value) && !isObject(value))
    .map(([name, value]) =>
      name === "cpu" || name === "platform" ? value : `${value} ${name.replace("_gib", " (GiB)")}`,
    )
    .join(", ");

const dayOf = (time: string): string => time.slice(0, 10);

/** What a user varies or compares has no form that it could differ from. */
const ofPaper = ({ source }: Experiment): boolean => source !== "a sweep" && source !== "a comparison";

function howTable(experiment: Experiment, record: ResultRecord): string {
  const { description, cells, jobs, seconds, command, eddy, node, machine, started, changed } = record;
  const seeds = Object.values(description.studies).map((study) => seedsOf(study).join(", "));
  const days = [...new Set([dayOf(started), dayOf(changed)])].join(" to ");
  return markdownTable(
    ["", ""],
    [
      ["command", code(command)],
      ["form", description.form],
      ...(ofPaper(experiment)
        ? [["changed in its description", differencesText(experiment, record) ?? "nothing"]]
        : []),
      ["seeds", [...new Set(seeds)].join("; ")],
      ["cells", cells.finished === cells.all ? String(cells.all) : `${cells.finished} of ${cells.all}`],
      ["time", `${timeText(seconds)} for all cells, summed; ${jobs} at once`],
      ["backend", plain(description.backend)],
      ["made", `${days}, Eddy ${plain(eddy)}, Node.js ${plain(node)}`],
      ["machine", plain(machineText(machine))],
    ],
  );
}

/** That a result is not of the paper's size; null where it is, and for what no paper has. */
function sizeCaveat(experiment: Experiment, record: ResultRecord): string | null {
  const { form, studies } = record.description;
  if (form === "smoke") return "This only shows that the experiment runs.";
  if (!ofPaper(experiment)) return null;
  const { unchanged } = paperForm(experiment, record);
  const changed = Object.keys(studies).some((study) => !unchanged(study));
  if (!changed && (form === "full" || differencesText(experiment, record) === null)) return null;
  const what = changed
    ? "More than the number of epochs differs from the paper's runs"
    : "There is less than in the paper";
  return `${what} (see below): the numbers show the effect, and are not to be compared with the paper's one by one.`;
}

/** What has to be known before the numbers are read; null where nothing has. */
export function caveat(experiment: Experiment, record: ResultRecord): string | null {
  const { finished, all } = record.cells;
  const parts = [
    finished < all ? `Unfinished: ${finished} of ${all} cells. The same command goes on from here.` : null,
    sizeCaveat(experiment, record),
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.map((part) => `> ${part}`).join("\n>\n") : null;
}

/** Cells that have no numbers, since theirs overflowed. */
const divergedList = ({ diverged }: ResultRecord): string =>
  diverged.map(({ cell, why }) => `- ${plain(cell)}: ${plain(why)}`).join("\n");

const section = (title: string, content: string): string | null =>
  content === "" ? null : `## ${title}\n\n${content}`;

/**
 * `report.md` of a result: what it shows, the figure, the paper's numbers, the authors' code's and ours side by side,
 * all cells, and how it was made.
 * @param tables lines by study
 * @throws EddyError INVALID_DESCRIPTION when a reference speaks of several cells at once
 */
export function report(experiment: Experiment, tables: Tables, record: ResultRecord): string {
  const references = referencesOf(experiment, tables);
  const paper = paperForm(experiment, record);
  const hasFigure = drawnPanels(experiment, tables).length > 0;
  return `${blocks(
    `# ${plain(experiment.title)}`,
    `*${plain(experiment.source)}*`,
    plain(experiment.about),
    caveat(experiment, record),
    hasFigure ? `![${plain(experiment.title)}](${resultFiles.svg})` : null,
    section(
      "Beside the paper and the authors' code",
      blocks(referenceSummary(references, paper), curveTables(references, paper)),
    ),
    section("All cells", summaryTable(tables)),
    section("Diverged", divergedList(record)),
    section("Remarks", experiment.remarks.map((remark) => `- ${plain(remark)}`).join("\n")),
    section("How it was made", howTable(experiment, record)),
    `Files: [data.csv](${resultFiles.data}) has every line, [run.json](${resultFiles.record}) what was run${hasFigure ? `, [figure.png](${resultFiles.png}) the figure in pixels` : ""}.`,
  )}\n`;
}
