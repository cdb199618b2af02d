import { type Columns, type SparseWeights, weightsOfColumns } from "../sparse-weights.js";
import type { Arena } from "./arena.js";
import { type Form, matrixWords } from "./commands.js";
import { ConnectionPlaces } from "./connection-places.js";
import { columnsOf, freeLists, type RecurrentLists, recurrentLists } from "./recurrent-lists.js";
import { panelsOf, type Rows, rowsOf, type Slots, slotsOf } from "./row-forms.js";

/** Fewer connections than this are not worth another form. */
const fewConnections = 4_096;

/**
 * A recurrent matrix in the arena: its lists, which serve every batch, and for one row at a time whichever other form
 * turned out faster here, made when it is first needed. All of them sum in the same order, so the choice shows in no bit.
 */
export class RecurrentForm {
  readonly lists: RecurrentLists;
  /** offset of the structure `matrix` */
  readonly descriptor: number;
  /** for one row at a time; null until it was measured */
  rowForm: Form | null = null;
  #panels = 0;
  #slots: Slots | null = null;
  #rows: Rows | null = null;
  #places: ConnectionPlaces | null = null;
  readonly #arena: Arena;
  readonly #panelTargets: number;

  constructor(arena: Arena, panelTargets: number, given: SparseWeights) {
    this.#arena = arena;
    this.#panelTargets = panelTargets;
    this.lists = recurrentLists(arena, given);
    this.descriptor = arena.allocate(matrixWords.words * 4);
    const { words } = arena;
    words.fill(0, this.descriptor >>> 2, (this.descriptor >>> 2) + matrixWords.words);
    const { neurons, blocks, blockRows, segments, starts, counts, columns, sources, weights } = this.lists;
    this.#describe({ neurons, blocks, blockRows, segments, starts, counts, columns, sources, weights });
    if (this.lists.connections < fewConnections) this.rowForm = "lists";
  }

  /** Bytes of all forms. */
  get bytes(): number {
    const { neurons, filled, blocks, segments, connections } = this.lists;
    const lists = filled * 6 + blocks * segments * (4 + 64 + 256);
    const rows = this.#rows ? connections * 6 + this.#rows.rowPanels * (neurons + 1) * 4 : 0;
    const panels = this.#panels === 0 ? 0 : this.#panelWords * 4;
    return lists + rows + panels + this.#slotBytes;
  }

  get #panelWords(): number {
    const { neurons } = this.lists;
    return Math.ceil(neurons / this.#panelTargets) * this.#panelTargets * neurons;
  }

  #slotBytes = 0;

  /** The weights target by target, as the other forms are made of them. */
  columns(): Columns {
    return columnsOf(this.#arena, this.lists);
  }

  /** Makes a form for one row at a time. @throws EddyError OUT_OF_MEMORY */
  make(form: Form, columns: Columns): void {
    const { neurons } = this.lists;
    if (form === "panels" && this.#panels === 0) {
      this.#panels = panelsOf(this.#arena, neurons, this.#panelTargets, columns);
      this.#describe({ panels: this.#panels });
    }
    if (form === "slots" && !this.#slots) {
      const { bytes, slots } = slotsOf(this.#arena, neurons, columns);
      this.#slots = slots;
      this.#slotBytes = bytes;
      this.#describe({ ...slots });
    }
  }

  /** Makes the rows that event-driven propagation adds up, once. @throws EddyError OUT_OF_MEMORY */
  makeRows(): void {
    if (this.#rows) return;
    this.#rows = rowsOf(this.#arena, this.lists.neurons, this.columns());
    this.#describe({ ...this.#rows });
  }

  /** Frees the forms that were measured and not chosen. */
  keepOnly(form: Form): void {
    this.rowForm = form;
    if (form !== "panels" && this.#panels !== 0) {
      this.#arena.free(this.#panels);
      this.#panels = 0;
    }
    if (form !== "slots" && this.#slots) {
      for (const offset of Object.values(this.#slots)) this.#arena.free(offset);
      this.#slots = null;
      this.#slotBytes = 0;
    }
  }

  /** The weights that it was made of, or that it has learned. */
  weights(): SparseWeights {
    return weightsOfColumns(this.columns());
  }

  /** The places of all connections in the forms that there are: what {@link change} needs. @throws EddyError OUT_OF_MEMORY */
  places(): ConnectionPlaces {
    const arena = this.#arena;
    this.#places ??= new ConnectionPlaces(arena, this.weights());
    const { neurons } = this.lists;
    if (this.#panels !== 0) {
      this.#places.make("panels", (columns) => {
        const weights = panelsOf(arena, neurons, this.#panelTargets, columns);
        return { weights, words: this.#panelWords, offsets: [weights] };
      });
    }
    if (this.#slots) {
      this.#places.make("slots", (columns) => {
        const { slots, filled } = slotsOf(arena, neurons, columns);
        return { weights: slots.slots, words: filled, offsets: Object.values(slots) };
      });
    }
    if (this.#rows) {
      this.#places.make("rows", (columns) => {
        const { rowStarts, rowTargets, rowWeights } = rowsOf(arena, neurons, columns);
        return {
          weights: rowWeights,
          words: this.lists.connections,
          offsets: [rowStarts, rowTargets, rowWeights],
        };
      });
    }
    return this.#places;
  }

  /**
   * Changes the weights of all connections, in every form that there is.
   * @param values [connections], in the order of `SparseWeights`; none of them is 0
   */
  change(values: Float32Array): void {
    const places = this.places();
    const { numbers } = this.#arena;
    const write = (offset: number, at: Uint32Array | undefined) => {
      if (offset === 0 || !at) return;
      const first = offset >>> 2;
      for (let connection = 0; connection < at.length; connection++)
        numbers[first + at[connection]] = values[connection];
    };
    write(this.lists.weights, places.inLists);
    write(this.#panels, places.inForm("panels"));
    write(this.#slots?.slots ?? 0, places.inForm("slots"));
    write(this.#rows?.rowWeights ?? 0, places.inForm("rows"));
  }

  free(): void {
    this.keepOnly("lists");
    freeLists(this.#arena, this.lists);
    if (this.#rows) {
      const { rowStarts, rowTargets, rowWeights } = this.#rows;
      for (const offset of [rowStarts, rowTargets, rowWeights]) this.#arena.free(offset);
    }
    this.#arena.free(this.descriptor);
  }

  #describe(fields: Readonly<Record<string, number>>): void {
    const { words } = this.#arena;
    for (const [name, value] of Object.entries(fields)) {
      words[(this.descriptor >>> 2) + matrixWords[name as keyof typeof matrixWords]] = value;
    }
  }
}
