/** Height of the line above a panel that has its letter and title. */
const titleHeight = 26;

const widthMax = 1000;
const gap = 24;
const margin = 10;

interface Box {
  readonly width: number;
  readonly height: number;
}

/** Where a panel's upper left corner is, and its drawing below its heading, and how large the whole figure is. */
export interface Place {
  readonly x: number;
  /** of the heading's baseline */
  readonly baseline: number;
  /** of the drawing */
  readonly y: number;
  readonly whole: Box;
}

/** Panels row by row, each as full as it may be. */
function rowsOf(boxes: readonly Box[]): number[][] {
  const rows: number[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const [i, { width }] of boxes.entries()) {
    if (used + gap + width > widthMax) {
      rows.push([]);
      used = -gap;
    }
    rows[rows.length - 1].push(i);
    used += gap + width;
  }
  return rows;
}

/** Left edges of the panels of a row; on those of the other rows where all of them fit so. */
function columnEdges(rows: readonly (readonly number[])[], boxes: readonly Box[]): number[] | null {
  const most = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: most }, (_unused, n) =>
    Math.max(...rows.flatMap((row) => (row[n] === undefined ? [] : [boxes[row[n]].width]))),
  );
  const edges = widths.map((_unused, n) =>
    widths.slice(0, n).reduce((left, width) => left + width + gap, margin),
  );
  const fits = rows.every((row) => {
    const last = row.length - 1;
    return edges[last] + boxes[row[last]].width <= widthMax + margin;
  });
  return fits ? edges : null;
}

/**
 * Places panels in rows no wider than a page, in their order; one that is wider has a row of its own.
 * @param headed whether there is a letter or title to leave room for
 */
export function placed(boxes: readonly Box[], headed: boolean): Place[] {
  const heading = headed ? titleHeight : 0;
  const rows = rowsOf(boxes);
  const edges = columnEdges(rows, boxes);
  const corners: { x: number; y: number }[] = [];
  let [y, right] = [margin, 0];
  for (const row of rows) {
    let x = margin;
    for (const [n, i] of row.entries()) {
      corners.push({ x: edges?.[n] ?? x, y });
      x += boxes[i].width + gap;
      right = Math.max(right, corners[i].x + boxes[i].width);
    }
    y += heading + Math.max(...row.map((i) => boxes[i].height)) + gap / 2;
  }
  const whole = { width: right + margin, height: y - gap / 2 + margin };
  return corners.map((corner) => ({
    x: corner.x,
    baseline: corner.y + heading - 10,
    y: corner.y + heading,
    whole,
  }));
}
