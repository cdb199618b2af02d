import { type Canvas, createCanvas } from "@napi-rs/canvas";
import type { Row } from "../measure.js";
import type { Panel } from "../panel.js";
import { summarise } from "../spread.js";
import { distinct, identityColumns, numberOf, type Table, takeRows } from "../table.js";
import { extentOf } from "./axes.js";
import { type Drawing, pixelRatio } from "./drawing.js";
import { type Datum, facetOf, facetsOf } from "./facets.js";
import { fontFamily, textWidth } from "./fonts.js";
import { ink } from "./style.js";

type Image = Extract<Panel, { kind: "image" }>;

const side = 110;
const gap = 8;
const textSize = 11;
const textHeight = 18;

/** An image and where it stands. */
interface Tile {
  readonly canvas: Canvas;
  readonly x: number;
  readonly y: number;
}

interface Text {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

interface Pixel {
  readonly datum: Datum;
  readonly row: Row;
  readonly grey: number;
}

/** Black to white over all values of the panel, so that its images can be compared. */
function tile(pixels: readonly Pixel[], { x, y }: Image, [black, white]: readonly [number, number]): Canvas {
  const rows = pixels.map(({ row }) => row);
  const [xs, ys] = [distinct(rows, x), distinct(rows, y)];
  const canvas = createCanvas(Math.max(1, xs.length), Math.max(1, ys.length));
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (const { row, grey } of pixels) {
    const share = white > black ? (grey - black) / (white - black) : 0.5;
    const shade = Math.round(255 * share);
    const at = 4 * (ys.indexOf(row[y] ?? null) * canvas.width + xs.indexOf(row[x] ?? null));
    image.data.set([shade, shade, shade, 255], at);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function pixelsOf(table: Table, panel: Image): Pixel[] {
  const { x, y, colour, row, column, take } = panel;
  const identity = identityColumns(table);
  const by = [x, y, row, column].filter((name) => name !== undefined);
  return summarise(takeRows(table.rows, take, colour, identity), by, colour, identity).flatMap(
    ({ by: values, spread }) =>
      spread === null || numberOf(values, x) === null || numberOf(values, y) === null
        ? []
        : [{ datum: facetOf(values, panel), row: values, grey: spread.mean }],
  );
}

/** Images in a grid, with the facets' headings above and beside them. */
function arrange(table: Table, panel: Image) {
  const pixels = pixelsOf(table, panel);
  const range = extentOf(pixels.map(({ grey }) => grey));
  const { columns, rows } = facetsOf(table.rows, panel);
  const left = Math.max(0, ...rows.map((text) => Math.ceil(textWidth(text, textSize)) + gap));
  const top = columns.length > 0 ? textHeight : 0;
  const widest = Math.max(side, ...columns.map((text) => Math.ceil(textWidth(text, textSize))));
  const [across, down] = [columns.length > 0 ? columns : [null], rows.length > 0 ? rows : [null]];
  const xOf = (i: number): number => left + i * (widest + gap);
  const yOf = (i: number): number => top + i * (side + gap);
  const tiles = down.flatMap((row, j) =>
    across.flatMap((column, i): Tile[] => {
      const own = pixels.filter(
        ({ datum }) => (datum.column ?? null) === column && (datum.row ?? null) === row,
      );
      return own.length > 0 ? [{ canvas: tile(own, panel, range), x: xOf(i), y: yOf(j) }] : [];
    }),
  );
  const texts: Text[] = [
    ...columns.map((text, i) => ({ text, x: xOf(i), y: top - 6 })),
    ...rows.map((text, j) => ({ text, x: 0, y: yOf(j) + side / 2 + 4 })),
  ];
  return { tiles, texts, width: xOf(across.length) - gap, height: yOf(down.length) - gap };
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Grey images of one scale from black to white, x to the right and y downwards, without axes. */
export async function drawImages(table: Table, panel: Image): Promise<Drawing> {
  const { tiles, texts, width, height } = arrange(table, panel);
  const pixels = createCanvas(width * pixelRatio, height * pixelRatio);
  const context = pixels.getContext("2d");
  context.scale(pixelRatio, pixelRatio);
  context.imageSmoothingEnabled = false;
  context.font = `${textSize}px ${fontFamily}`;
  context.fillStyle = ink;
  const parts: string[] = [];
  for (const { canvas, x, y } of tiles) {
    context.drawImage(canvas, x, y, side, side);
    const address = `data:image/png;base64,${canvas.toBuffer("image/png").toString("base64")}`;
    parts.push(
      `<image x="${x}" y="${y}" width="${side}" height="${side}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${address}" xlink:href="${address}"/>`,
    );
  }
  for (const { text, x, y } of texts) {
    context.fillText(text, x, y);
    parts.push(
      `<text x="${x}" y="${y}" fill="${ink}" font-size="${textSize}" font-family="${fontFamily}">${escaped(text)}</text>`,
    );
  }
  const svg = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("")}</svg>`;
  return { width, height, svg, pixels };
}
