import type { DriveRequest, DriveTerm, Tensor } from "../kernels.js";
import type { Slot } from "./buffers.js";
import { entry, type Program, program } from "./program.js";
import type { Queue } from "./queue.js";
import {
  type Along,
  eachOfRows,
  eachOfTile,
  fewRowsMax,
  narrow,
  rowsProduct,
  tile,
  tiledProduct,
} from "./wgsl/products.js";

/**
 * One term of a drive. The first one writes all columns, with the base where there is one; the others add to theirs.
 * Columns are the unit's own, so a weight's column is that less `targetStart`.
 */
const parameters = {
  rows: "u32",
  units: "u32",
  /** columns that are written */
  columnStart: "u32",
  columnEnd: "u32",
  /** columns that the term enters */
  targetStart: "u32",
  targetEnd: "u32",
  sourceUnits: "u32",
  blockStart: "u32",
  depth: "u32",
  /** numbers of the base from one row to the next: 0 for a bias, `units` for a batch */
  baseStride: "u32",
  hasBase: "u32",
  adds: "u32",
  scale: "f32",
} as const;

const buffers = { source: "read", weights: "read", base: "read", result: "write" } as const;

type TermProgram = Program<keyof typeof parameters, keyof typeof buffers>;

const factors = (right: Along): string => `
fn leftAt(row: u32, k: u32) -> f32 {
  let within = row < p.rows && k < p.depth;
  return select(0.0, source[select(0u, row * p.sourceUnits + p.blockStart + k, within)], within);
}

fn rightAt(k: u32, column: u32) -> f32 {
  let at = column - p.targetStart;
  let size = p.targetEnd - p.targetStart;
  // a column before the target is, as a number without a sign, far beyond it
  let within = k < p.depth && at < size;
  return select(0.0, weights[select(0u, ${right === "side" ? "k * size + at" : "at * p.depth + k"}, within)], within);
}

fn write(row: u32, column: u32, product: f32) {
  if (column >= p.columnEnd) { return; }
  let at = row * p.units + column;
  var sum = p.scale * product;
  if (p.hasBase != 0u) { sum += base[row * p.baseStride + column]; }
  if (p.adds != 0u) { sum += result[at]; }
  result[at] = sum;
}

/** Depth of the product for columns [first, first + count): 0 where the term enters none of them. */
fn depthAt(first: u32, count: u32) -> u32 {
  return select(0u, p.depth, first < p.targetEnd && first + count > p.targetStart);
}
`;

const term = (few: boolean, right: Along): TermProgram =>
  program({
    name: `drive ${few ? "few" : "many"} rows${right === "depth" ? " transposed" : ""}`,
    parameters,
    buffers,
    body: `
${factors(right)}
${few ? rowsProduct(right, false) : tiledProduct("depth", right)}
${entry} {
  let firstRow = group.y * ${few ? narrow.rows : tile}u;
  let firstColumn = p.columnStart + group.x * ${few ? narrow.columns : tile}u;
  let depth = depthAt(firstColumn, ${few ? narrow.columns : tile}u);
  ${few ? "let product = rowsProduct" : "tiledProduct"}(thread, firstRow, firstColumn, depth);
  ${few ? eachOfRows("write", "p.rows") : eachOfTile("write", "p.rows")}
}
`,
  });

const programs = {
  few: { plain: term(true, "side"), transposed: term(true, "depth") },
  many: { plain: term(false, "side"), transposed: term(false, "depth") },
};

export const drivePrograms: readonly Program[] = Object.values(programs).flatMap((pair) =>
  Object.values(pair),
);

/** Added to a sum: a batch of rows, or one row for all. */
export interface Base {
  readonly slot: Slot;
  readonly perRow: boolean;
}

/** A closed gate, or a block without units, carries nothing. */
const carries = ({ scale, block, target }: DriveTerm): boolean =>
  scale !== 0 && block[1] > block[0] && target[1] > target[0];

/** Carries nothing, for a sum without terms. */
const emptyTerm = { block: [0, 0], target: [0, 0], scale: 0, transposed: false } as const;

/**
 * Records `base + sum of the terms`.
 * @returns [batch, units], a new buffer
 */
export function sumOfTerms(
  queue: Queue,
  contentOf: (tensor: Tensor) => Slot,
  { batch, units, terms }: Omit<DriveRequest, "base">,
  base: Base | null,
): Slot {
  const result = queue.lend(batch * units);
  const pair = batch <= fewRowsMax ? programs.few : programs.many;
  const size = batch <= fewRowsMax ? narrow : { rows: tile, columns: tile };
  const carrying = terms.filter(carries);
  for (const [index, one] of (carrying.length > 0 ? carrying : [emptyTerm]).entries()) {
    const first = index === 0;
    const [columnStart, columnEnd] = first ? [0, units] : one.target;
    queue.commands.dispatch(
      one.transposed ? pair.transposed : pair.plain,
      {
        rows: batch,
        units,
        columnStart,
        columnEnd,
        targetStart: one.target[0],
        targetEnd: one.target[1],
        sourceUnits: "source" in one ? one.source.shape[1] : 0,
        blockStart: one.block[0],
        depth: one.block[1] - one.block[0],
        baseStride: base?.perRow ? units : 0,
        hasBase: first && base ? 1 : 0,
        adds: first ? 0 : 1,
        scale: one.scale,
      },
      {
        source: "source" in one ? contentOf(one.source) : queue.nothing,
        weights: "weights" in one ? contentOf(one.weights) : queue.nothing,
        base: base?.slot ?? queue.nothing,
        result,
      },
      [Math.ceil((columnEnd - columnStart) / size.columns), Math.ceil(batch / size.rows)],
    );
  }
  return result;
}
