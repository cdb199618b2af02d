import type { BenchResult } from "../simulation/bench/bench-result.js";

/** Columns of equal width, the first to the left. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ")}`;
  return [head, ...rows].map((cells) => line(cells).trimEnd());
}

const three = (value: number): string => String(Number(value.toPrecision(3)));
const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");

type Part = (result: BenchResult) => string[];

const steps: Part = ({ batches }) => {
  const rows = Object.entries(batches).flatMap(([batch, { infer, learn }]) =>
    [["inference", infer] as const, ["learning step", learn] as const].flatMap(([what, timing]) =>
      timing
        ? [[`${what}, batch ${batch}`, three(timing.min_ms), three(timing.median_ms), String(timing.runs)]]
        : [],
    ),
  );
  return rows.length === 0 ? [] : table(["trials", "least ms", "median ms", "runs"], rows);
};

const ticks: Part = ({ ticks: { learning, resting } }) => {
  const rows = [["learning", learning] as const, ["the stimulus rests", resting] as const].flatMap(
    ([what, rate]) =>
      rate
        ? [[what, thousands(rate.ticks_per_s), thousands(rate.median_ticks_per_s), three(rate.tick_us)]]
        : [],
  );
  return rows.length === 0 ? [] : table(["continuous operation", "ticks/s", "median", "us a tick"], rows);
};

const overhead: Part = ({ overhead: measured }) =>
  measured.length === 0
    ? []
    : table(
        ["host overhead", "us a tick", "kernels", "us a module and tick"],
        measured.map(({ modules, neurons, tick_us, kernels_us, us_per_module_and_tick }) => [
          `${modules} modules of ${neurons}`,
          three(tick_us),
          three(kernels_us),
          three(us_per_module_and_tick),
        ]),
      );

const modules: Part = ({ sweeps }) =>
  sweeps.modules.length === 0
    ? []
    : table(
        ["modules", "ticks/s", "us a module and tick", "MiB in all"],
        sweeps.modules.map(({ modules: count, neurons, ticks_per_s, tick_us, rss_mib }) => [
          `${count} of ${neurons}`,
          thousands(ticks_per_s),
          three(tick_us / count),
          thousands(rss_mib),
        ]),
      );

const iterations =
  (name: "sizes" | "rates", title: string): Part =>
  ({ sweeps }) =>
    sweeps[name].length === 0
      ? []
      : table(
          [title, "batch", "us an iteration", "ns a connection", "bytes a connection"],
          sweeps[name].map((cost) => [
            `${thousands(cost.neurons)} neurons, ${thousands(cost.connections)} connections`,
            String(cost.batch),
            three(cost.us_per_iteration),
            three(cost.ns_per_connection),
            cost.bytes_per_connection === null ? "-" : three(cost.bytes_per_connection),
          ]),
        );

const epoch: Part = ({ epoch: made }) =>
  made
    ? [
        `  an epoch of Fashion-MNIST: ${made.seconds} s (${made.learning_steps} learning steps and ${made.inferences} inferences at batch ${made.batch}), test accuracy ${made.test_accuracy} %`,
      ]
    : [];

const orAll = (value: number | null): string => (value === null ? "-" : String(value));

const decisions: Part = ({ decisions: compared }) =>
  compared
    ? table(
        [`of ${thousands(compared.images)} decisions`, "epsilon", "differ", "accuracy %", "ms", "exact ms"],
        compared.approximations.map((one) => [
          `tolerance ${orAll(one.tolerance)}`,
          orAll(one.epsilon),
          thousands(one.different),
          String(one.accuracy),
          thousands(one.approximate_ms),
          thousands(one.exact_ms),
        ]),
      )
    : [];

const rest: Part = ({ rss_mib, skipped }) => [
  `  memory at the end: ${thousands(rss_mib)} MiB`,
  ...(skipped.length === 0 ? [] : [`  left out: ${skipped.join("; ")}`]),
];

const parts: readonly Part[] = [
  steps,
  ticks,
  overhead,
  modules,
  iterations("sizes", "64 connections a neuron"),
  iterations("rates", "connection rates"),
  epoch,
  decisions,
  rest,
];

/** What a bench measured, for people: a table a part, with lines between. */
export const benchText = (result: BenchResult): string =>
  parts
    .map((part) => part(result))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
