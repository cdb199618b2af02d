import { type Columns, type SparseWeights, weightsOfColumns } from "../sparse-weights.js";
import type { Arena } from "./arena.js";
import { type Form, matrixWords } from "./commands.js";
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
    const width = this.#panelTargets;
    const panels = this.#panels === 0 ? 0 : Math.ceil(neurons / width) * width * neurons * 4;
    return lists + rows + panels + this.#slotBytes;
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
      const { bytes, ...slots } = slotsOf(this.#arena, neurons, columns);
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

  /** The weights that it was made of. */
  weights(): SparseWeights {
    return weightsOfColumns(this.columns());
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
