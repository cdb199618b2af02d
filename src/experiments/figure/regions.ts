import type { Row } from "../measure.js";
import type { Panel } from "../panel.js";
import { groupBy, numberOf } from "../table.js";
import { legendOf } from "./channels.js";
import { type Datum, facetOf, type Layers } from "./facets.js";
import { regionColours } from "./style.js";

type Lines = Extract<Panel, { kind: "lines" }>;

/** The name that most lines have. */
function usual(rows: readonly Row[], column: string): string | null {
  const names = groupBy(rows, [column]).sort((one, other) => other.length - one.length);
  const name = names[0]?.[0][column];
  return typeof name === "string" ? name : null;
}

/** Halfway between two places, as the axis measures it. */
const between = (low: number, high: number, { xScale }: Lines): number =>
  xScale === "log" ? Math.sqrt(low * high) : (low + high) / 2;

/** Stretches of x of one name, each reaching halfway to the next one. */
export function regionsOf(rows: readonly Row[], panel: Lines): Datum[] {
  const { regions, x, xScale } = panel;
  if (regions === undefined || xScale === "ordinal") return [];
  const facets = groupBy(
    rows,
    [panel.column, panel.row].filter((column) => column !== undefined),
  );
  return facets.flatMap((facet) => {
    const places = groupBy(facet, [x])
      .flatMap((lines) => {
        const at = numberOf(lines[0], x);
        const region = usual(lines, regions);
        return at === null || region === null || (xScale === "log" && at <= 0) ? [] : [{ at, region }];
      })
      .sort((one, other) => one.at - other.at);
    const edge = (i: number): number =>
      between(places[Math.max(0, i - 1)].at, places[Math.min(i, places.length - 1)].at, panel);
    const begins = places.flatMap(({ region }, i) => (region === places[i - 1]?.region ? [] : [i]));
    return begins.map((begin, n) => ({
      ...facetOf(facet[0], panel),
      region: places[begin].region,
      x: edge(begin),
      x2: edge(begins[n + 1] ?? places.length),
    }));
  });
}

/** Pale stretches under the lines. */
export function regionLayers(regions: readonly Datum[], x: object): Layers {
  const names = [...new Set(regions.map(({ region }) => String(region)))];
  if (names.length === 0) return [];
  return [
    {
      transform: [{ filter: "isValid(datum.region)" }],
      mark: { type: "rect", opacity: 1 },
      encoding: {
        x: { ...x, field: "x" },
        x2: { field: "x2" },
        fill: {
          field: "region",
          type: "nominal",
          scale: {
            domain: names,
            range: names.map((_unused, i) => regionColours[i % regionColours.length]),
          },
          legend: { ...legendOf(null, names), symbolType: "square", symbolSize: 160, symbolStrokeWidth: 0 },
        },
      },
    },
  ];
}
