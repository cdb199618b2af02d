import type { Reference } from "./experiment.js";
import type { Row } from "./measure.js";
import { type Spread, spreadOf, summarise } from "./spread.js";
import { groupBy, identityColumns, numberOf, rowsWhere, type Table, type Tables, takeRows } from "./table.js";

/** Least and largest of some numbers. */
export type Extent = readonly [number, number];

/** Ours beside the authors' after the same number of epochs. */
export interface AtEpoch {
  readonly epoch: number;
  readonly ours: Spread;
  /** of each curve that goes so far */
  readonly authors: readonly number[];
}

/** A reference and what a result has for it. */
export interface Comparison {
  readonly reference: Reference;
  readonly study: string;
  readonly ours: Spread;
  /** after which ours were reached, over the seeds; null where lines have no epochs */
  readonly epochs: Extent | null;
  /** that every seed made; null where lines have no epochs */
  readonly made: number | null;
  /** least training accuracy of the seeds after the last epoch, percent; null where lines tell none */
  readonly trainAccuracy: number | null;
  /** epochs that ours and a curve of the authors have in common */
  readonly byEpoch: readonly AtEpoch[];
}

const extent = (values: readonly number[]): Extent | null =>
  values.length === 0 ? null : [Math.min(...values), Math.max(...values)];

const numbers = (rows: readonly Row[], column: string): number[] =>
  rows.flatMap((row) => numberOf(row, column) ?? []);

/** Epochs that each seed has made. */
const madeEpochs = (rows: readonly Row[]): number | null => {
  const last = groupBy(rows, ["seed"]).flatMap((seed) => extent(numbers(seed, "epoch"))?.[1] ?? []);
  return extent(last)?.[0] ?? null;
};

function byEpochOf(rows: readonly Row[], { of, authors = [] }: Reference): AtEpoch[] {
  const longest = Math.max(0, ...authors.map((curve) => curve.length));
  return Array.from({ length: longest }, (_unused, i) => i + 1).flatMap((epoch) => {
    const ours = spreadOf(
      numbers(
        rows.filter((row) => row.epoch === epoch),
        of,
      ),
    );
    return ours ? [{ epoch, ours, authors: authors.flatMap((curve) => curve[epoch - 1] ?? []) }] : [];
  });
}

/**
 * Holds a reference against a result.
 * @returns null where the result has nothing of what the reference speaks of
 * @throws EddyError INVALID_DESCRIPTION when the reference speaks of several cells at once
 */
export function compare(reference: Reference, tables: Tables): Comparison | null {
  const study = reference.study ?? Object.keys(tables)[0];
  const table: Table | undefined = tables[study];
  const rows = table ? rowsWhere(table.rows, reference.where) : [];
  if (rows.length === 0) return null;
  const identity = identityColumns(table);
  const take = reference.take === "epochs" ? "last" : reference.take;
  const taken = takeRows(rows, take, reference.of, identity);
  // where all diverged there is no largest value
  if (taken.length === 0) return null;
  const [{ spread: ours }] = summarise(taken, [], reference.of, identity, "references");
  if (ours === null) return null;
  return {
    reference,
    study,
    ours,
    epochs: extent(numbers(taken, "epoch")),
    made: madeEpochs(rows),
    trainAccuracy:
      extent(numbers(takeRows(rows, "last", reference.of, identity), "trainAccuracy"))?.[0] ?? null,
    byEpoch: byEpochOf(rows, reference),
  };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The authors' mean after an epoch. */
export const authorsMean = ({ authors }: AtEpoch): number => meanOf(authors);

/** The authors' curve that is nearest to ours after an epoch. */
export const nearestAuthors = ({ ours, authors }: AtEpoch): number =>
  authors.reduce((best, value) => (Math.abs(value - ours.mean) < Math.abs(best - ours.mean) ? value : best));

/** The epoch at which ours is furthest from something, and how far. */
export interface Furthest {
  readonly epoch: number;
  readonly distance: number;
}

/** Early epochs are steep: a small delay is a large distance. */
export const comparedFrom = 3;

/**
 * max |ours - theirs| over the epochs from `comparedFrom` on.
 * @returns null where there is none
 */
export const furthest = (byEpoch: readonly AtEpoch[], theirs: (at: AtEpoch) => number): Furthest | null =>
  byEpoch
    .filter(({ epoch }) => epoch >= comparedFrom)
    .map((at) => ({ epoch: at.epoch, distance: Math.abs(at.ours.mean - theirs(at)) }))
    .reduce<Furthest | null>((most, one) => (most && most.distance >= one.distance ? most : one), null);
