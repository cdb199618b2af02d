import type { Comparison, Figure, Row } from "./measured.js";

const barHeight = 15;
const axisHeight = 14;
const rowGap = 12;
const titleHeight = 20;
const plotWidth = 480;
const valueWidth = 150;
const margin = 14;
const headHeight = 44;

/** From the middle of a line to the baseline of its letters. */
const letterDrop = 4;
/** Of a letter in a label, about. */
const letterWidth = 7;

/** Readable on white and on black: a page that shows an SVG as an image does not tell it which it is on. */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .axis { stroke: #d1d9e0; stroke-width: 1; }
  .baseline { fill: #9a9a9a; }
  .ours { fill: #2f81f7; }
  .page { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .axis { stroke: #3d444d; }
    .page { fill: #0d1117; }
  }`;

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign,
  );

const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

/** Powers of ten, and where their lines begin. */
interface Scale {
  readonly low: number;
  readonly high: number;
  readonly left: number;
}

/** Powers of ten around all values of a unit, so that its rows share an axis. */
function scaleOf(rows: readonly Row[], unit: Row["unit"], left: number): Scale {
  const values = rows
    .filter((row) => row.unit === unit)
    .flatMap((row) => row.figures.map(({ best }) => best));
  // a bar of no length would show nothing
  return {
    low: Math.floor(Math.log10(Math.min(...values)) - 0.05),
    high: Math.ceil(Math.log10(Math.max(...values))),
    left,
  };
}

const lengthOf = (value: number, { low, high }: Scale): number =>
  (plotWidth * (Math.log10(value) - low)) / Math.max(1, high - low);

function bar({ system, baseline, best, ratio }: Figure, y: number, scale: Scale): string {
  const length = lengthOf(best, scale);
  const text = baseline || ratio === null ? number(best) : `${number(best)}  (${ratio.toFixed(2)}x)`;
  const line = y + barHeight / 2 + letterDrop;
  const { left } = scale;
  return [
    `<text x="${left - 8}" y="${line}" text-anchor="end">${escaped(system)}</text>`,
    `<rect class="${baseline ? "baseline" : "ours"}" x="${left}" y="${y + 1}" width="${length.toFixed(1)}" height="${barHeight - 2}"/>`,
    `<text x="${(left + length + 6).toFixed(1)}" y="${line}">${text}</text>`,
  ].join("\n");
}

/** Lines at the powers of ten, behind the bars of a row, and what they stand for. */
function gridLines(scale: Scale, top: number, height: number): string {
  const lines: string[] = [];
  for (let power = scale.low; power <= scale.high; power++) {
    const x = (scale.left + lengthOf(10 ** power, scale)).toFixed(1);
    lines.push(`<path class="axis" d="M${x} ${top}v${height}"/>`);
    lines.push(
      `<text class="small" x="${x}" y="${top + height + 11}" text-anchor="middle">${number(10 ** power)}</text>`,
    );
  }
  return lines.join("\n");
}

const better: Record<Row["unit"], string> = {
  ms: "ms, less is better",
  s: "seconds, less is better",
  "ticks/s": "ticks a second, more is better",
};

function drawRow({ row, unit, figures }: Row, top: number, scale: Scale): string {
  const first = top + titleHeight;
  return [
    gridLines(scale, first, figures.length * barHeight),
    `<text class="title" x="${scale.left}" y="${top + 13}">${escaped(row)} <tspan class="small">${better[unit]}</tspan></text>`,
    ...figures.map((figure, i) => bar(figure, first + i * barHeight, scale)),
  ].join("\n");
}

const described = ({ machine, versions, date }: Comparison): string => {
  const { cpu = "", cores = "" } = machine;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores of ${cpu}; ${used.join(", ")}; ${date.slice(0, 10)}`;
};

/**
 * Bars on a logarithmic scale, a group for each row of a comparison, with how many times as fast as the faster baseline
 * each system is.
 */
export function comparisonSvg(comparison: Comparison): string {
  const { rows, modules, neurons } = comparison;
  const names = rows.flatMap(({ figures }) => figures.map(({ system }) => system));
  const left = margin + 8 + letterWidth * Math.max(...names.map((name) => name.length));
  const groups: string[] = [];
  let top = headHeight + margin;
  for (const row of rows) {
    groups.push(drawRow(row, top, scaleOf(rows, row.unit, left)));
    top += titleHeight + row.figures.length * barHeight + axisHeight + rowGap;
  }
  const width = left + plotWidth + valueWidth;
  const title = `${modules} modules of ${neurons} neurons, 8 + 8 iterations: best of all rounds (x the faster baseline)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${width}" height="${top}"/>`,
    `<text class="title" x="${margin}" y="${margin + 12}">${escaped(title)}</text>`,
    `<text class="small" x="${margin}" y="${margin + 30}">${escaped(described(comparison))}</text>`,
    ...groups,
    "</svg>\n",
  ].join("\n");
}
