import {
  type AtEpoch,
  authorsMean,
  type Comparison,
  compare,
  comparedFrom,
  furthest,
  nearestAuthors,
} from "./comparison.js";
import type { Experiment, Reference } from "./experiment.js";
import { blocks, markdownTable, plain } from "./markdown.js";
import type { Spread } from "./spread.js";
import type { Tables } from "./table.js";
import { numberIn, seriesTitle, titleOf, valueText } from "./titles.js";

const textOf = (value: number, column: string): string => numberIn(column, value);

const signed = (value: number, column: string): string =>
  `${value < 0 ? "−" : "+"}${textOf(Math.abs(value), column)}`;

/** Mean and deviation: `88.82 ± 0.19`. */
export const spreadText = (
  { mean, deviation }: Pick<Spread, "mean" | "deviation">,
  column: string,
): string =>
  deviation === null ? textOf(mean, column) : `${textOf(mean, column)} ± ${textOf(deviation, column)}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const epochsText = ([first, last]: readonly [number, number]): string =>
  first === last ? `epoch ${first}` : `epochs ${first} to ${last}`;

const nothing = "–";

/** What a reference speaks of: `AP, layers 3, mnist`. */
export const conditionsOf = ({ where }: Pick<Reference, "where">): string =>
  Object.entries(where)
    .map(([column, value]) =>
      typeof value === "string" ? value : `${seriesTitle(column)} ${valueText(value)}`,
    )
    .join(", ") || "all";

const whatOf = ({ take, of }: Reference): string => `${take === "epochs" ? "last" : take} ${seriesTitle(of)}`;

/** How far training went: `30 of 300`; the paper's number where it is known and was not reached. */
function madeText({ study, made, trainAccuracy }: Comparison, paper: PaperForm): string {
  const [asked, until] = [paper.epochs(study), paper.until(study)];
  if (made === null) return nothing;
  if (asked === null || made >= asked) return String(made);
  const ended = until !== null && trainAccuracy !== null && trainAccuracy >= until;
  return ended ? `${made} (training accuracy ${until} %)` : `${made} of ${asked}`;
}

function summaryRow(comparison: Comparison, form: PaperForm): string[] {
  const { reference, ours, epochs, byEpoch } = comparison;
  const { of, paper } = reference;
  const last = byEpoch.at(-1);
  return [
    plain(conditionsOf(reference)),
    plain(whatOf(reference)),
    paper ? spreadText({ mean: paper.mean, deviation: paper.deviation ?? null }, of) : nothing,
    last
      ? `${textOf(authorsMean(last), of)} (epoch ${last.epoch}, ${counted(last.authors.length, "seed")})`
      : nothing,
    `${spreadText(ours, of)} (${[counted(ours.count, "seed"), ...(epochs ? [epochsText(epochs)] : [])].join(", ")})`,
    madeText(comparison, form),
    paper ? signed(ours.mean - paper.mean, of) : nothing,
    last ? `${signed(last.ours.mean - authorsMean(last), of)} (epoch ${last.epoch})` : nothing,
  ];
}

const head = [
  "conditions",
  "what",
  "paper:",
  "authors' code:",
  "ours:",
  "epochs:",
  "ours − paper:",
  "ours − authors:",
];

/** Epochs that a table shows: each of the first ones, then ever fewer, and the last. */
const shownEpoch = (epoch: number, last: number): boolean =>
  epoch <= 6 || epoch === last || (epoch <= 30 && epoch % 5 === 0) || epoch % 25 === 0;

function curveTable({ reference: { of }, byEpoch }: Comparison): string {
  const last = byEpoch.at(-1)?.epoch ?? 0;
  const several = byEpoch.some(({ authors }) => authors.length > 1);
  const rows = byEpoch
    .filter(({ epoch }) => shownEpoch(epoch, last))
    .map((at) => [
      String(at.epoch),
      spreadText(at.ours, of),
      `${textOf(authorsMean(at), of)}${several ? ` (${counted(at.authors.length, "seed")})` : ""}`,
      signed(at.ours.mean - authorsMean(at), of),
      ...(several ? [textOf(nearestAuthors(at), of), signed(at.ours.mean - nearestAuthors(at), of)] : []),
    ]);
  const ends = several ? ["nearest of authors:", "ours − nearest:"] : [];
  return markdownTable(
    ["epoch:", "ours:", `authors' ${several ? "mean" : "code"}:`, "difference:", ...ends],
    rows,
  );
}

/** Points of percent within which ours is taken to be on the authors' curves. */
const within = 1;

/** Whether ours stays on the authors' curves, as a sentence. */
export function curveVerdict({ reference: { of }, byEpoch }: Comparison): string {
  const toNearest = furthest(byEpoch, nearestAuthors);
  const toMean = furthest(byEpoch, authorsMean);
  if (!toNearest || !toMean)
    return `Not compared: the curves of the authors' code are compared from epoch ${comparedFrom} on, and there is none in common.`;
  const curves = Math.max(...byEpoch.map(({ authors }: AtEpoch) => authors.length));
  const mean = curves > 1 ? `, ${textOf(toMean.distance, of)} from their mean (epoch ${toMean.epoch})` : "";
  const verdict = toNearest.distance <= within ? "yes" : "**no**";
  return `Within ${within} point of the authors' code from epoch ${comparedFrom} to ${byEpoch.at(-1)?.epoch}: ${verdict}; furthest ${textOf(toNearest.distance, of)} points from ${curves > 1 ? `the nearest of ${curves} curves` : "its curve"} (epoch ${toNearest.epoch})${mean}.`;
}

/** What of a study is as the paper has it. */
export interface PaperForm {
  /** the number of epochs that the paper trains for; null where it is not one number */
  epochs(study: string): number | null;
  /** the training accuracy at which the paper ends before that, percent; null where it does not */
  until(study: string): number | null;
  /** whether no field of the run is changed but the number of epochs, so that curves may be compared epoch by epoch */
  unchanged(study: string): boolean;
}

/** A result's references, held against it. */
export interface References {
  /** those of one number */
  readonly numbers: readonly Comparison[];
  /** those by epoch */
  readonly curves: readonly Comparison[];
  /** of which the result has nothing */
  readonly absent: readonly Reference[];
}

/** @throws EddyError INVALID_DESCRIPTION when a reference speaks of several cells at once */
export function referencesOf(
  { references, studies }: Pick<Experiment, "references" | "studies">,
  tables: Tables,
): References {
  // the first study of the experiment, which need not be among those that were made
  const [study] = Object.keys(studies);
  const found = references.map((reference) => ({
    reference,
    comparison: compare({ study, ...reference }, tables),
  }));
  const compared = found.flatMap(({ comparison }) => comparison ?? []);
  return {
    numbers: compared.filter(({ reference }) => reference.take !== "epochs"),
    curves: compared.filter(({ reference }) => reference.take === "epochs"),
    absent: found.filter(({ comparison }) => comparison === null).map(({ reference }) => reference),
  };
}

const curveTitle = ({ reference }: Comparison): string =>
  plain(`${conditionsOf(reference)}: ${titleOf(reference.of)}, by epoch`);

const sameSubject = (one: Comparison, other: Comparison): boolean =>
  one.study === other.study &&
  one.reference.of === other.reference.of &&
  JSON.stringify(Object.entries(one.reference.where).sort()) ===
    JSON.stringify(Object.entries(other.reference.where).sort());

/** One comparison for what the paper and the authors' code both speak of. */
function united({ numbers, curves }: References): Comparison[] {
  const joined = numbers.map((comparison) => {
    const curve = curves.find((candidate) => sameSubject(candidate, comparison));
    return curve ? { ...comparison, byEpoch: curve.byEpoch } : comparison;
  });
  const left = curves.filter((curve) => !numbers.some((comparison) => sameSubject(comparison, curve)));
  return [...joined, ...left];
}

/** Paper, authors' code and ours in one table, by the last common epoch; and a sentence for each of the authors' curves. */
export function referenceSummary(references: References, paper: PaperForm): string {
  const { curves, absent } = references;
  const rows = united(references).map((comparison) => summaryRow(comparison, paper));
  return blocks(
    rows.length > 0 ? markdownTable(head, rows) : null,
    curves
      .filter(({ study }) => paper.unchanged(study))
      .map((comparison) => `- ${plain(conditionsOf(comparison.reference))}: ${curveVerdict(comparison)}`)
      .join("\n"),
    absent.length > 0
      ? `Not in this result: ${plain([...new Set(absent.map(conditionsOf))].join("; "))}.`
      : null,
  );
}

/** A table by epoch for each curve of the authors that ours may be held against. */
export const curveTables = ({ curves }: References, paper: PaperForm): string =>
  blocks(
    ...curves
      .filter(({ byEpoch, study }) => byEpoch.length > 0 && paper.unchanged(study))
      .map((comparison) => blocks(`### ${curveTitle(comparison)}`, curveTable(comparison))),
  );
