import type { Row } from "../../src/experiments/measure.js";
import type { Panel } from "../../src/experiments/panel.js";
import { type PanelInput, panelSchema } from "../../src/experiments/panel.js";
import type { Table } from "../../src/experiments/table.js";

/** Panels as a file has them, their defaults filled in. */
export const panels = (...given: PanelInput[]): Panel[] => given.map((panel) => panelSchema.parse(panel));

/** Every combination of values, by column. */
export const combinations = (values: Readonly<Record<string, readonly (string | number)[]>>): Row[] =>
  Object.entries(values).reduce<Row[]>(
    (rows, [column, choices]) => rows.flatMap((row) => choices.map((value) => ({ ...row, [column]: value }))),
    [{}],
  );

/** Made-up training: accuracies rise by epoch, a little differently for each seed. */
export function trainingTable(seeds: readonly number[], epochs: number): Table {
  const rows = combinations({
    data: ["mnist", "fashion-mnist"],
    rule: ["AP", "BP"],
    layers: [1, 3],
    seed: seeds,
    epoch: Array.from({ length: epochs }, (_unused, i) => i + 1),
  }).map((row): Row => {
    const [epoch, seed] = [Number(row.epoch), Number(row.seed)];
    const testAccuracy = 95 - 30 / epoch - 0.1 * seed - (row.rule === "AP" ? 1 : 0);
    return {
      ...row,
      testAccuracy,
      trainAccuracy: testAccuracy + 1,
      trainLoss: 2 / epoch,
      seconds: epoch * (1 + 0.01 * seed),
    };
  });
  return { axes: ["data", "rule", "layers"], rows };
}

/** The text of an SVG's text elements. */
export const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text]) =>
    text
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );

/** How many paths, or other elements, the groups of one kind of mark have, by group. */
export const marksOf = (svg: string, mark: "line" | "area" | "symbol" | "rect" | "rule" | "text"): number =>
  [...svg.matchAll(new RegExp(`<g class="mark-${mark} role-mark[^>]*[^/]>(.*?)</g>`, "gs"))]
    .map(([, group]) => group.match(/<(path|rect|line|text)/g)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
