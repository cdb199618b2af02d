import type { Comparison, Figure, Row } from "./measured.js";

const number = (value: number, unit: Row["unit"]): string =>
  unit === "ticks/s" ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

const cell = (figure: Figure | undefined, unit: Row["unit"]): string => {
  if (!figure) return "-";
  const value = number(figure.best, unit);
  return figure.baseline || figure.ratio === null ? value : `${value} (${figure.ratio.toFixed(2)}x)`;
};

/** The comparison as a table: the best of all rounds, and how many times as fast as the faster baseline. */
export function comparisonTable({ rows }: Pick<Comparison, "rows">): string {
  const systems = [...new Set(rows.flatMap(({ figures }) => figures.map(({ system }) => system)))];
  const lines = [
    ["", ...systems],
    ...rows.map(({ row, unit, figures }) => [
      `${row}, ${unit}`,
      ...systems.map((name) =>
        cell(
          figures.find(({ system }) => system === name),
          unit,
        ),
      ),
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  "),
    )
    .join("\n");
}
