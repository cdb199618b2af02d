import { createCanvas } from "@napi-rs/canvas";
import { invalid } from "../model/validate.js";
import { barsSpec } from "./figure/bars.js";
import { type Drawing, drawSpec, pixelRatio } from "./figure/drawing.js";
import { fontFamily } from "./figure/fonts.js";
import { heatmapSpec } from "./figure/heatmap.js";
import { drawImages } from "./figure/image.js";
import { type Place, placed } from "./figure/layout.js";
import { linesSpec } from "./figure/lines.js";
import { pathSpec } from "./figure/path.js";
import { ink } from "./figure/style.js";
import type { Row } from "./measure.js";
import type { Panel } from "./panel.js";
import { columnsOf, distinct, entryOf, rowsWhere, type Table, type Tables } from "./table.js";

/** One drawing, as text and as pixels (a PNG of twice the size). */
export interface Figure {
  readonly svg: string;
  readonly png: Uint8Array;
}

const letters = "abcdefghijklmnopqrstuvwxyz";

/** Columns that a panel names, by the field that names them. */
function namedColumns(panel: Panel): [string, string][] {
  return Object.entries(panel).flatMap(([field, value]): [string, string][] => {
    if (field === "where") return Object.keys(value as object).map((column) => [`where.${column}`, column]);
    if (!["x", "y", "colour", "dash", "row", "column", "regions", "order"].includes(field)) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((column) =>
      typeof column === "string" ? [[field, column] as [string, string]] : [],
    );
  });
}

/** The lines that a panel draws. */
function tableOf(panel: Panel, index: number, tables: Tables): Table {
  const name = panel.study ?? Object.keys(tables)[0];
  const table = tables[name];
  const field = `panels.${index}`;
  if (!table) throw invalid(`${field}.study`, name ?? null, `one of ${Object.keys(tables).join(", ")}`);
  const columns = columnsOf(table.rows);
  for (const [where, column] of namedColumns(panel))
    if (columns.length > 0 && !columns.includes(column))
      throw invalid(`${field}.${where}`, column, `a column of ${name}: ${columns.join(", ")}`);
  return { ...table, rows: inOneOrder(rowsWhere(table.rows, panel.where), panel, tables) };
}

/** Names come in the order of all studies, so that a colour means the same in each panel that has the same names. */
function inOneOrder(rows: readonly Row[], panel: Panel, tables: Tables): readonly Row[] {
  const column =
    "colour" in panel && panel.kind !== "heatmap" && panel.kind !== "image" ? panel.colour : undefined;
  if (column === undefined) return rows;
  const order = distinct(
    Object.values(tables).flatMap((table) => table.rows),
    column,
  );
  const rank = new Map(order.map((value, i) => [value, i]));
  const rankOf = (row: Row): number => rank.get(entryOf(row, column)) ?? order.length;
  return [...rows].sort((one, other) => rankOf(one) - rankOf(other));
}

function draw(panel: Panel, table: Table, name: string): Promise<Drawing> {
  switch (panel.kind) {
    case "lines":
      return drawSpec(linesSpec(table, panel), name);
    case "heatmap":
      return drawSpec(heatmapSpec(table, panel), name);
    case "bars":
      return drawSpec(barsSpec(table, panel), name);
    case "path":
      return drawSpec(pathSpec(table, panel), name);
    case "image":
      return drawImages(table, panel);
  }
}

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign,
  );

/** A panel's letter and title, and where they are put. */
interface Heading {
  readonly letter: string;
  readonly title: string;
}

/** From the letter to the title. */
const titleIndent = ({ letter }: Heading): number => (letter === "" ? 0 : 20);

const headingSvg = ({ letter, title }: Heading, { x, baseline }: Place): string => {
  const at = `y="${baseline}" fill="${ink}" font-family="${escaped(fontFamily)}"`;
  const first =
    letter === "" ? "" : `<text x="${x}" ${at} font-size="16" font-weight="bold">${letter}</text>`;
  const second =
    title === ""
      ? ""
      : `<text x="${x + titleIndent({ letter, title })}" ${at} font-size="13">${escaped(title)}</text>`;
  return first + second;
};

function svgOf(drawings: readonly Drawing[], headings: readonly Heading[], places: readonly Place[]): string {
  const { width, height } = places[0].whole;
  const parts = drawings.map((drawing, i) => {
    const { x, y } = places[i];
    const inner = drawing.svg.replace(/^<svg/, `<svg x="${x}" y="${y}"`);
    return `<g class="panel">${headingSvg(headings[i], places[i])}${inner}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function pngOf(
  drawings: readonly Drawing[],
  headings: readonly Heading[],
  places: readonly Place[],
): Uint8Array {
  const { width, height } = places[0].whole;
  const canvas = createCanvas(width * pixelRatio, height * pixelRatio);
  const context = canvas.getContext("2d");
  context.scale(pixelRatio, pixelRatio);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = ink;
  for (const [i, drawing] of drawings.entries()) {
    const { x, y, baseline } = places[i];
    context.font = `bold 16px ${fontFamily}`;
    context.fillText(headings[i].letter, x, baseline);
    context.font = `13px ${fontFamily}`;
    context.fillText(headings[i].title, x + titleIndent(headings[i]), baseline);
    context.drawImage(drawing.pixels, x, y, drawing.width, drawing.height);
  }
  return canvas.toBuffer("image/png");
}

/**
 * Draws all panels of an experiment as one figure, lettered in their order.
 * @param panels one or more
 * @param tables lines by study; a panel that names none takes the first
 * @throws EddyError INVALID_DESCRIPTION when a panel names a study or a column that is not there, or would average
 *   results that differ in more than their seed
 */
export async function figure(panels: readonly Panel[], tables: Tables): Promise<Figure> {
  if (panels.length === 0 || panels.length > letters.length)
    throw invalid("panels", panels.length, `1 to ${letters.length} panels`);
  const drawings: Drawing[] = [];
  const headings: Heading[] = [];
  for (const [i, panel] of panels.entries()) {
    drawings.push(await draw(panel, tableOf(panel, i, tables), letters[i]));
    headings.push({ letter: panels.length > 1 ? letters[i] : "", title: panel.title ?? "" });
  }
  const places = placed(
    drawings,
    headings.some(({ letter, title }) => letter !== "" || title !== ""),
  );
  return { svg: svgOf(drawings, headings, places), png: pngOf(drawings, headings, places) };
}
