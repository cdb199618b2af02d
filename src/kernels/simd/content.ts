import { sizeOf } from "../shapes.js";
import type { Arena } from "./arena.js";
import { packingWords, withCommand } from "./commands.js";
import { type Engine, operations } from "./engine.js";
import { type Layout, layoutOf, sizeIn } from "./layout.js";

/**
 * The numbers of a tensor in the arena: in rows, or as a batch in tiles, or both. With few rows the two are the same.
 * What is not there is made when a kernel asks for it.
 */
export interface Content {
  readonly shape: readonly number[];
  /** offset, or 0 */
  rows: number;
  tiles: number;
  /** the same matrix transposed, once a projection asked for it, until its numbers change */
  turned?: Content;
}

/** Which forms of a recurrent matrix meet one row: the fastest, or its lists, which take the least memory. */
export type RowForms = "fastest" | "lists";

/** Allocates, converts and frees contents. */
export class Contents {
  /** by batch: a run has few sizes */
  readonly #layouts = new Map<number, Layout>();

  constructor(
    readonly arena: Arena,
    readonly engine: Engine,
    readonly threads: number,
    /** which forms a recurrent matrix may take beside its lists: whatever is fastest, or none, for the least memory */
    readonly rowForms: RowForms = "fastest",
  ) {}

  layout(batch: number): Layout {
    let layout = this.#layouts.get(batch);
    if (!layout) {
      layout = layoutOf(batch, this.engine.lanes, this.threads);
      this.#layouts.set(batch, layout);
    }
    return layout;
  }

  /** Room for a tensor in rows. */
  inRows(shape: readonly number[]): Content {
    return { shape, rows: this.arena.allocate(sizeOf(shape) * 4), tiles: 0 };
  }

  /** Room for a [batch, units] tensor in tiles; the fillers of the last tile are of no meaning. */
  inTiles(batch: number, units: number): Content {
    const layout = this.layout(batch);
    const offset = this.arena.allocate(sizeIn(layout, units) * 4);
    return layout.lanes === 1
      ? { shape: [batch, units], rows: offset, tiles: offset }
      : { shape: [batch, units], rows: 0, tiles: offset };
  }

  /** The offset of a [batch, units] tensor in tiles; makes them when they are not there. @throws EddyError OUT_OF_MEMORY */
  tilesOf(content: Content): number {
    if (content.tiles !== 0) return content.tiles;
    const [batch, units] = content.shape;
    const { lanes } = this.layout(batch);
    if (lanes === 1) {
      content.tiles = content.rows;
      return content.tiles;
    }
    content.tiles = this.arena.allocate(sizeIn(this.layout(batch), units) * 4);
    this.#pack(operations.pack, content);
    return content.tiles;
  }

  /** The offset of a tensor in rows; makes them when they are not there. @throws EddyError OUT_OF_MEMORY */
  rowsOf(content: Content): number {
    if (content.rows !== 0) return content.rows;
    content.rows = this.arena.allocate(sizeOf(content.shape) * 4);
    this.#pack(operations.unpack, content);
    return content.rows;
  }

  /** A view of a tensor's rows; valid until the next allocation. */
  numbersOf(content: Content): Float32Array {
    const first = this.rowsOf(content) >>> 2;
    return this.arena.numbers.subarray(first, first + sizeOf(content.shape));
  }

  free(content: Content): void {
    const { rows, tiles } = content;
    this.forgetTurned(content);
    if (rows !== 0) this.arena.free(rows);
    if (tiles !== 0 && tiles !== rows) this.arena.free(tiles);
  }

  /** A matrix [to, from] as [from, to], which stays its own: of weights that rest it is made once. */
  turned(content: Content): Content {
    if (content.turned) return content.turned;
    const [to, from] = content.shape;
    const turned = this.inRows([from, to]);
    this.rowsOf(content);
    const values = this.numbersOf(content);
    const result = this.numbersOf(turned);
    for (let row = 0; row < to; row++) {
      for (let column = 0; column < from; column++) result[column * to + row] = values[row * from + column];
    }
    content.turned = turned;
    return turned;
  }

  /** For whoever is about to change a tensor's numbers. */
  forgetTurned(content: Content): void {
    if (content.turned) this.free(content.turned);
    content.turned = undefined;
  }

  #pack(operation: number, { shape: [batch, units], rows, tiles }: Content): void {
    withCommand(this.arena, packingWords.words, (offset) => {
      const { words } = this.arena;
      const at = offset >>> 2;
      words[at + packingWords.rows] = rows;
      words[at + packingWords.tiles] = tiles;
      words[at + packingWords.batch] = batch;
      words[at + packingWords.units] = units;
      words[at + packingWords.lanes] = this.layout(batch).lanes;
      this.engine.run(operation, offset);
    });
  }
}
