import { eachElement } from "./elementwise.js";
import { entry, type Program, program, threads } from "./program.js";
import { eachOfRows, eachOfTile, narrow, rowsProduct, tile, tiledProduct } from "./wgsl/products.js";
import { iterationParameters, over, settleUnit } from "./wgsl/settle-unit.js";
import { type Sharing, sparseFirstRow, sparseHasResult, sparseProduct } from "./wgsl/sparse-product.js";

/** An iteration of all modules' units reads `state` (a change, when only changes propagate) and writes `next`. */
const plainBuffers = {
  state: "read",
  matrix: "read",
  input: "read",
  next: "write",
  residuals: "atomic",
} as const;

const changeBuffers = { ...plainBuffers, previous: "read", sum: "write" } as const;

const denseParameters = {
  ...iterationParameters,
  /** units [start, end) are computed */
  start: "u32",
  end: "u32",
  /** there is no sum of changes yet */
  fresh: "u32",
} as const;

const sparseParameters = {
  ...iterationParameters,
  columnsAt: "u32",
  pairsAt: "u32",
  valuesAt: "u32",
  fresh: "u32",
} as const;

/** What becomes of a product with a state, or with changes of it. */
const plainUnit = settleUnit("state[at]", "let u = product;");
const changedUnit = settleUnit(
  "previous[at]",
  "var u = product; if (p.fresh == 0u) { u += sum[at]; } sum[at] = u;",
);

const denseBody = (few: boolean, unit: string, ofChanges: boolean): string => `
${over}
${unit}
fn leftAt(row: u32, k: u32) -> f32 {
  let within = row < p.rows && k < p.neurons;
  return select(0.0, state[select(0u, row * p.neurons + k, within)], within);
}

fn rightAt(k: u32, column: u32) -> f32 {
  let within = k < p.neurons && column < p.end;
  return select(0.0, matrix[select(0u, k * p.neurons + column, within)], within);
}

${few ? rowsProduct("side", ofChanges) : tiledProduct("depth", "side")}

fn take(row: u32, column: u32, product: f32) {
  if (column < p.end) { settleUnit(row, column, product); }
}

${entry} {
  if (over(thread)) { return; }
  let firstRow = group.y * ${few ? narrow.rows : tile}u;
  let firstColumn = p.start + group.x * ${few ? narrow.columns : tile}u;
  ${few ? "let product = rowsProduct" : "tiledProduct"}(thread, firstRow, firstColumn, p.neurons);
  ${few ? eachOfRows("take", "p.rows") : eachOfTile("take", "p.rows")}
  keepChange(thread);
}
`;

const sparseBody = (sharing: Sharing, unit: string): string => `
${over}
${unit}
fn stateAt(row: u32, unit: u32) -> f32 {
  let within = row < p.rows;
  return select(0.0, state[select(0u, row * p.neurons + unit, within)], within);
}

fn stateRows(row: u32, unit: u32) -> vec4f {
  return vec4f(stateAt(row, unit), stateAt(row + 1u, unit), stateAt(row + 2u, unit), stateAt(row + 3u, unit));
}

${sparseProduct(sharing)}

${entry} {
  if (over(thread)) { return; }
  let firstRow = ${sparseFirstRow(sharing)};
  let product = sparseProduct(thread, group.x, firstRow);
  let column = columnOf(group.x, thread % 32u);
  if (${sparseHasResult(sharing)} && column < p.neurons && firstRow < p.rows) {
    for (var i = 0u; i < min(4u, p.rows - firstRow); i++) { settleUnit(firstRow + i, column, product[i]); }
  }
  keepChange(thread);
}
`;

const dense = (few: boolean) => ({
  plain: program({
    name: `dense iteration, ${few ? "few" : "many"} rows`,
    parameters: denseParameters,
    buffers: plainBuffers,
    body: denseBody(few, plainUnit, false),
  }),
  changes: program({
    name: `dense iteration of changes, ${few ? "few" : "many"} rows`,
    parameters: denseParameters,
    buffers: changeBuffers,
    body: denseBody(few, changedUnit, true),
  }),
});

const sparse = (sharing: Sharing) => ({
  plain: program({
    name: `sparse iteration, shared ${sharing}`,
    parameters: sparseParameters,
    buffers: plainBuffers,
    elements: { matrix: "u32" },
    body: sparseBody(sharing, plainUnit),
  }),
  changes: program({
    name: `sparse iteration of changes, shared ${sharing}`,
    parameters: sparseParameters,
    buffers: changeBuffers,
    elements: { matrix: "u32" },
    body: sparseBody(sharing, changedUnit),
  }),
});

export const densePrograms = { few: dense(true), many: dense(false) };
export const sparsePrograms = { few: sparse("entries"), many: sparse("rows") };

/** The first iteration from zero, without a product. */
export const startProgram = program({
  name: "iteration from zero",
  parameters: { elements: "u32", ...iterationParameters },
  buffers: { input: "read", next: "write", residuals: "atomic" },
  body: `
${settleUnit("0.0", "let u = product;")}
${entry} {
  for (var at = group.x * ${threads}u + thread; at < p.elements; at += groups.x * ${threads}u) {
    settleUnit(0u, at, 0.0);
  }
  keepChange(thread);
}
`,
});

/** `drive + bias`, once a settling. */
export const biasProgram = program({
  name: "drive and bias",
  parameters: { elements: "u32", neurons: "u32" },
  buffers: { drive: "read", bias: "read", result: "write" },
  body: eachElement("result[at] = drive[at] + bias[at % p.neurons];"),
});

/** Units whose state is more than epsilon away from when they last spoke say by how much. */
export const speakProgram = program({
  name: "speak",
  parameters: { elements: "u32", ...iterationParameters, epsilon: "f32", fresh: "u32" },
  buffers: { state: "read", spoken: "write", change: "write", residuals: "atomic" },
  body: `
${over}
${entry} {
  if (over(thread)) { return; }
  for (var at = group.x * ${threads}u + thread; at < p.elements; at += groups.x * ${threads}u) {
    let h = state[at];
    var said = h;
    if (p.fresh == 0u) { said = h - spoken[at]; }
    // not by >, which would keep what is no number silent for ever
    if (p.fresh == 0u && abs(said) <= p.epsilon) {
      change[at] = 0.0;
    } else {
      change[at] = said;
      spoken[at] = h;
    }
  }
}
`,
});

/**
 * [residual, iterations made] from the residuals of all iterations, which it sets back to zero for the next settling
 * that borrows them. With 0 iterations the residual is infinite.
 */
export const reportProgram = program({
  name: "report",
  parameters: { iterations: "u32", ends: "u32", tolerance: "f32", infinite: "f32" },
  buffers: { residuals: "atomic", report: "write" },
  body: `
${entry} {
  if (thread == 0u) {
    var residual = p.infinite;
    var made = 0u;
    while (made < p.iterations) {
      let bits = atomicLoad(&residuals[made]);
      residual = bitcast<f32>(bits);
      made++;
      if (p.ends != 0u && bits <= bitcast<u32>(p.tolerance)) { break; }
    }
    report[0] = residual;
    report[1] = f32(made);
  }
  storageBarrier();
  for (var at = thread; at < p.iterations; at += ${threads}u) { atomicStore(&residuals[at], 0u); }
}
`,
});

/** Puts the state into `result` when the last iteration that was made left it in `other`. */
export const selectProgram = program({
  name: "last state",
  parameters: { elements: "u32", iterations: "u32" },
  buffers: { report: "read", other: "read", result: "write" },
  body: eachElement(`
    if ((p.iterations - u32(report[1])) % 2u == 1u) { result[at] = other[at]; }
  `),
});

export const settlePrograms: readonly Program[] = [
  ...[densePrograms.few, densePrograms.many, sparsePrograms.few, sparsePrograms.many].flatMap((pair) =>
    Object.values(pair),
  ),
  startProgram,
  biasProgram,
  speakProgram,
  reportProgram,
  selectProgram,
];
