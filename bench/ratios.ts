import type { Figure, Measured, Row } from "./measured.js";

/** What a system printed in all rounds. */
export interface SystemRounds {
  readonly system: string;
  readonly baseline: boolean;
  readonly rounds: readonly Measured[];
}

/** The middle value; of an even number the upper one of the middle two, as in the baselines. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

interface Value {
  readonly best: number;
  readonly median: number;
}

/** How a row reads a round, and whether more is better. */
interface RowKind {
  readonly row: string;
  readonly unit: Row["unit"];
  readonly read: (round: Measured, baseline: boolean) => Value | null;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function figures({ unit, read }: RowKind, systems: readonly SystemRounds[]): Figure[] {
  const more = unit === "ticks/s";
  const measured = systems.flatMap(({ system, baseline, rounds }) => {
    const values = rounds.flatMap((round) => read(round, baseline) ?? []);
    if (values.length === 0) return [];
    const bests = values.map(({ best }) => best);
    return [
      {
        system,
        baseline,
        best: more ? Math.max(...bests) : Math.min(...bests),
        median: median(values.map((value) => value.median)),
      },
    ];
  });
  const baselines = measured.filter(({ baseline }) => baseline);
  const fastest = (field: keyof Value) => {
    const values = baselines.map((one) => one[field]);
    return more ? Math.max(...values) : Math.min(...values);
  };
  const ratio = (value: number, field: keyof Value) =>
    baselines.length === 0 ? null : rounded(more ? value / fastest(field) : fastest(field) / value);
  return measured.map((one) => ({
    ...one,
    ratio: ratio(one.best, "best"),
    median_ratio: ratio(one.median, "median"),
  }));
}

const step =
  (batch: string, what: "infer" | "learn"): RowKind["read"] =>
  (round) => {
    const timing = round.batches[batch]?.[what];
    return timing ? { best: timing.min_ms, median: timing.median_ms } : null;
  };

/** A baseline makes a tick as the sixteenth part of its learning step, whether a stimulus rests or not. */
const ticks =
  (name: "learning" | "resting"): RowKind["read"] =>
  (round, baseline) => {
    const rate = round.ticks?.[name];
    if (rate) return { best: rate.ticks_per_s, median: rate.median_ticks_per_s };
    const { ticks_per_s, learn } = round.batches["1"] ?? {};
    if (!baseline || ticks_per_s === undefined || !learn) return null;
    return { best: ticks_per_s, median: Math.round(16_000 / learn.median_ms) };
  };

/**
 * An epoch of training and testing; of a baseline what its learning steps and inferences for the same images would take.
 * @param batch size of an epoch's batches
 */
const epoch =
  (batch: string, steps: number, inferences: number): RowKind["read"] =>
  (round, baseline) => {
    if (round.epoch) return { best: round.epoch.seconds, median: round.epoch.seconds };
    const { infer, learn } = round.batches[batch] ?? {};
    if (!baseline || !infer || !learn) return null;
    const seconds = (field: "min_ms" | "median_ms") =>
      rounded((steps * learn[field] + inferences * infer[field]) / 1000);
    return { best: seconds("min_ms"), median: seconds("median_ms") };
  };

/** Batches of an epoch of Fashion-MNIST: 60,000 images to train on and 10,000 to test. */
const epochBatch = 500;
const epochSteps = 120;
const epochInferences = 20;

/**
 * The table of a comparison: the best and the median of each system over all rounds, and how many times as fast it is as
 * the faster of the baselines in the same row.
 */
export function comparisonRows(systems: readonly SystemRounds[], batches: readonly number[]): Row[] {
  const kinds: RowKind[] = [
    ...batches.flatMap((batch): RowKind[] => [
      { row: `inference, batch ${batch}`, unit: "ms", read: step(String(batch), "infer") },
      { row: `learning step, batch ${batch}`, unit: "ms", read: step(String(batch), "learn") },
    ]),
    { row: "continuous, learning", unit: "ticks/s", read: ticks("learning") },
    { row: "continuous, the stimulus rests", unit: "ticks/s", read: ticks("resting") },
    {
      row: "an epoch of Fashion-MNIST",
      unit: "s",
      read: epoch(String(epochBatch), epochSteps, epochInferences),
    },
  ];
  return kinds
    .map((kind) => ({ row: kind.row, unit: kind.unit, figures: figures(kind, systems) }))
    .filter((row) => row.figures.some(({ baseline }) => !baseline));
}
