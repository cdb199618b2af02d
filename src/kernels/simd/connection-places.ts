import { connectionPlaces, numberedConnections } from "../numbered-connections.js";
import type { Columns, SparseWeights } from "../sparse-weights.js";
import type { Arena } from "./arena.js";
import { columnsOf, freeLists, recurrentLists } from "./recurrent-lists.js";

/** @returns by connection its place in a form of {@link numberedConnections} that has so many words at `offset` */
const placesAt = (arena: Arena, offset: number, words: number, connections: number): Uint32Array =>
  connectionPlaces(new Uint32Array(arena.memory.buffer, offset, words), connections);

/** Where each connection's weight stands in the lists, and in each form for one row that was asked for. */
export class ConnectionPlaces {
  /** [neurons + 1], as in `SparseWeights` */
  readonly rows: Uint32Array;
  /** [connections], as in `SparseWeights` */
  readonly columns: Uint16Array;
  /** [connections] words after the start of the lists' weights */
  readonly inLists: Uint32Array;
  readonly #arena: Arena;
  readonly #inForms = new Map<string, Uint32Array>();

  constructor(arena: Arena, { rows, columns, neurons }: SparseWeights) {
    this.#arena = arena;
    this.rows = rows;
    this.columns = columns;
    const lists = recurrentLists(arena, numberedConnections({ neurons, rows, columns }));
    this.inLists = placesAt(arena, lists.weights, lists.filled, columns.length);
    freeLists(arena, lists);
  }

  /** [connections] words after the start of a form's weights; undefined unless it was made */
  inForm(form: string): Uint32Array | undefined {
    return this.#inForms.get(form);
  }

  /**
   * Finds the places in a form, once.
   * @param build makes the form of other columns
   * @throws EddyError OUT_OF_MEMORY
   */
  make(form: string, build: (columns: Columns) => MadeForm): void {
    if (this.#inForms.has(form)) return;
    const { rows, columns } = this;
    const lists = recurrentLists(
      this.#arena,
      numberedConnections({ neurons: rows.length - 1, rows, columns }),
    );
    const made = build(columnsOf(this.#arena, lists));
    this.#inForms.set(form, placesAt(this.#arena, made.weights, made.words, columns.length));
    freeLists(this.#arena, lists);
    for (const offset of made.offsets) this.#arena.free(offset);
  }
}

/** A form as {@link ConnectionPlaces} looks at it. */
export interface MadeForm {
  /** offset of its weights */
  readonly weights: number;
  readonly words: number;
  /** all that it takes */
  readonly offsets: readonly number[];
}
