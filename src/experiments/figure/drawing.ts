import { type Canvas, createCanvas } from "@napi-rs/canvas";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { textWidth } from "./fonts.js";
import { config } from "./style.js";

/** Pixels of a PNG to one of its SVG. */
export const pixelRatio = 2;

/** A panel, drawn twice: as elements of an SVG, and in pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** an svg element without its place */
  readonly svg: string;
  /** `pixelRatio` times as wide and high */
  readonly pixels: Canvas;
}

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

/** What Vega exports besides what its types tell. */
const { textMetrics } = vega as unknown as {
  readonly textMetrics: { width(item: TextItem, text: unknown): number };
};

// Vega guesses widths where it finds no canvas; with true ones both forms are laid out alike, and nothing overlaps
textMetrics.width = ({ fontSize = 11, fontWeight = "normal" }, text) =>
  textWidth(String(text ?? ""), fontSize, fontWeight);

const roundedNumber = (digits: string): string => String(Math.round(Number(digits) * 100) / 100 + 0);

/** Places to a hundredth of a pixel; what is written as text stays as it is. */
const rounded = (svg: string): string =>
  svg.replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, roundedNumber));

/** Vega counts its names through the whole process; counted by panel, the same panel is the same text. */
function withOwnNames(svg: string, prefix: string): string {
  const names = [...new Set([...svg.matchAll(/\bid="([^"]+)"/g)].map(([, name]) => name))];
  return svg.replace(/(\bid="|url\(#|href="#)([^")]+)/g, (_all, before: string, name: string) =>
    [before, prefix, names.indexOf(name) + 1].join(""),
  );
}

/** Draws a Vega-Lite panel. @param name unlike that of any other panel of the figure */
export async function drawSpec(spec: TopLevelSpec, name: string): Promise<Drawing> {
  const view = new vega.View(vega.parse(compile({ ...spec, config }).spec), { renderer: "none" });
  try {
    await view.runAsync();
    const svg = withOwnNames(rounded(await view.toSVG()), name);
    const [, width, height] = /^<svg[^>]*\bwidth="([\d.]+)"[^>]*\bheight="([\d.]+)"/.exec(svg) ?? [];
    const size = { width: Math.ceil(Number(width)), height: Math.ceil(Number(height)) };
    const pixels = createCanvas(size.width * pixelRatio, size.height * pixelRatio);
    await view.toCanvas(pixelRatio, { externalContext: pixels.getContext("2d") });
    return { ...size, svg, pixels };
  } finally {
    view.finalize();
  }
}
