import { invariant } from "../../errors.js";
import { union } from "../blocks.js";
import type { Block, SettleRequest } from "../kernels.js";
import type { Slot } from "./buffers.js";
import { workgroupsFor } from "./elementwise.js";
import type { DeviceMatrix } from "./matrix.js";
import type { Queue } from "./queue.js";
import { recordProduct } from "./recurrent-product.js";
import { biasProgram, reportProgram, selectProgram, speakProgram, startProgram } from "./settle-programs.js";
import { activationCode } from "./wgsl/activation.js";

/** A SettleRequest with its buffers at hand. */
export interface OpenSettle {
  readonly matrix: DeviceMatrix;
  readonly bias: Slot | null;
  readonly from: Slot | null;
  readonly drive: Slot;
  readonly remembered: { readonly spoken: Slot; readonly sum: Slot } | null;
}

/** The end of a settling, as new buffers. */
export interface SettledSlots {
  readonly state: Slot;
  readonly report: Slot | null;
  readonly propagated: { readonly spoken: Slot; readonly sum: Slot } | null;
}

/** A settling that changes only propagate in. */
interface Changing {
  readonly epsilon: number;
  /** all units speak in the first iteration */
  readonly allSpeak: boolean;
  readonly spoken: Slot;
  readonly sum: Slot;
  /** what the units that speak say */
  readonly said: Slot;
}

/**
 * One module's settling. Iteration t writes the buffer that the one after the next writes again, so that the last one
 * writes `result`. What ends early is decided on the device: each iteration keeps its residual in a word of
 * `residuals`, the next ones look at it and do nothing once it is small enough, and the report counts.
 */
export class Settling {
  readonly #queue: Queue;
  readonly #open: OpenSettle;
  readonly #request: SettleRequest;
  readonly #rows: number;
  readonly #elements: number;
  readonly #input: Slot;
  readonly #result: Slot;
  /** null when one iteration or none needs no second buffer */
  readonly #other: Slot | null;
  /** zeros between two settlings, and lent from a pool of their own */
  readonly #residuals: Slot | null;
  readonly #changing: Changing | null;
  /** the state at the start; null for zero */
  readonly #start: Slot | null;

  constructor(queue: Queue, request: SettleRequest, open: OpenSettle) {
    const { iterations, tolerance, drive } = request;
    this.#queue = queue;
    this.#open = open;
    this.#request = request;
    this.#rows = drive.shape[0];
    this.#elements = this.#rows * open.matrix.neurons;
    this.#result = queue.lend(this.#elements);
    this.#other = iterations > 1 ? queue.lend(this.#elements) : null;
    const reported = request.report === true || tolerance !== undefined;
    this.#residuals = reported ? queue.lendZeros(Math.max(iterations, 1)) : null;
    this.#input = this.#withBias();
    this.#changing = this.#beginChanges();
    this.#start = this.#begin();
  }

  get iterations(): number {
    return this.#request.iterations;
  }

  /** Records one iteration. */
  iterate(iteration: number): void {
    const { commands } = this.#queue;
    const state = iteration === 0 ? this.#start : this.#written(iteration - 1);
    const next = this.#written(iteration);
    const numbers = this.#numbers(iteration);
    const residuals = this.#residuals ?? this.#queue.sink;
    const elements = this.#elements;
    if (!state) {
      const buffers = { input: this.#input, next, residuals };
      commands.dispatch(startProgram, { elements, ...numbers }, buffers, workgroupsFor(elements));
      return;
    }
    const fresh = this.#changing?.allSpeak && iteration === 0 ? 1 : 0;
    if (this.#changing) {
      const { epsilon, spoken, said } = this.#changing;
      commands.dispatch(
        speakProgram,
        { elements, ...numbers, epsilon, fresh },
        { state, spoken, change: said, residuals },
        workgroupsFor(elements),
      );
    }
    recordProduct(
      this.#queue,
      this.#open.matrix,
      { ...numbers, fresh },
      { state, input: this.#input, next, residuals },
      this.#changing,
      this.#columns(iteration),
    );
  }

  /** Records the end, and gives up what only the iterations needed. */
  end(): SettledSlots {
    const { buffers } = this.#queue;
    const report = this.#report();
    if (this.#input !== this.#open.drive) buffers.release(this.#input);
    if (this.#other) buffers.release(this.#other);
    if (this.#start && this.#start !== this.#open.from) buffers.release(this.#start);
    if (this.#changing) buffers.release(this.#changing.said);
    return {
      state: this.#result,
      report,
      propagated: this.#changing && { spoken: this.#changing.spoken, sum: this.#changing.sum },
    };
  }

  /** The buffer that an iteration writes. */
  #written(iteration: number): Slot {
    if ((this.iterations - 1 - iteration) % 2 === 0) return this.#result;
    invariant(this.#other, "two iterations have two buffers");
    return this.#other;
  }

  #withBias(): Slot {
    const { bias, drive, matrix } = this.#open;
    if (!bias || this.iterations === 0) return drive;
    const result = this.#queue.lend(this.#elements);
    this.#queue.commands.dispatch(
      biasProgram,
      { elements: this.#elements, neurons: matrix.neurons },
      { drive, bias, result },
      workgroupsFor(this.#elements),
    );
    return result;
  }

  /** What is remembered is copied: it stays the caller's. */
  #beginChanges(): Changing | null {
    const { changes } = this.#request;
    if (!changes) return null;
    const { remembered, from } = this.#open;
    const { commands } = this.#queue;
    const begin = (before: Slot | undefined): Slot => {
      const slot = this.#queue.lend(this.#elements);
      if (before) commands.copy(before, slot, 4 * this.#elements);
      else commands.clear(slot);
      return slot;
    };
    return {
      epsilon: changes.epsilon,
      allSpeak: remembered === null && from !== null,
      spoken: begin(remembered?.spoken),
      sum: begin(remembered?.sum),
      said: this.#queue.lend(this.#elements),
    };
  }

  /** The start as a buffer; null when it is zero and its product can be left out. */
  #begin(): Slot | null {
    const { from, remembered } = this.#open;
    const { commands } = this.#queue;
    if (this.iterations === 0) {
      if (from) commands.copy(from, this.#result, 4 * this.#elements);
      else commands.clear(this.#result);
      return from;
    }
    if (from || !remembered) return from;
    // units at zero still take back what they said before
    const zeros = this.#queue.lend(this.#elements);
    commands.clear(zeros);
    return zeros;
  }

  #numbers(iteration: number) {
    const { tolerance, activation, gain = 1, timeStep = 1 } = this.#request;
    const last = iteration === this.iterations - 1;
    return {
      rows: this.#rows,
      neurons: this.#open.matrix.neurons,
      activation: activationCode(activation),
      gain,
      timeStep,
      iteration,
      measures: this.#residuals && (last || tolerance !== undefined) ? 1 : 0,
      ...this.#ending(),
    };
  }

  /** A tolerance that is negative, or none, is never met. */
  #ending(): { ends: number; tolerance: number } {
    const { tolerance } = this.#request;
    const ends = tolerance !== undefined && tolerance >= 0;
    return { ends: ends ? 1 : 0, tolerance: ends ? Math.abs(tolerance) : 0 };
  }

  /**
   * The columns of a dense iteration: in the last one only those that the caller needs. The others keep what their
   * buffer has from two iterations before, so there have to be three.
   */
  #columns(iteration: number): readonly Block[] {
    const { needed } = this.#request;
    const all: readonly Block[] = [[0, this.#open.matrix.neurons]];
    if (!needed || iteration < this.iterations - 1 || iteration < 2) return all;
    return union(needed);
  }

  #report(): Slot | null {
    const residuals = this.#residuals;
    if (!residuals) return null;
    const { commands } = this.#queue;
    const iterations = this.iterations;
    const report = this.#queue.lend(2);
    const ending = this.#ending();
    commands.dispatch(
      reportProgram,
      { iterations, ...ending, infinite: Number.POSITIVE_INFINITY },
      { residuals, report },
      [1, 1],
    );
    if (ending.ends && this.#other) {
      const elements = this.#elements;
      const buffers = { report, other: this.#other, result: this.#result };
      commands.dispatch(selectProgram, { elements, iterations }, buffers, workgroupsFor(elements));
    }
    this.#queue.releaseZeros(residuals);
    return report;
  }
}

/**
 * Settles modules side by side: an iteration of each, then the next.
 */
export function settle(
  queue: Queue,
  requests: readonly SettleRequest[],
  open: (request: SettleRequest) => OpenSettle,
): SettledSlots[] {
  const settlings = requests.map((request) => new Settling(queue, request, open(request)));
  const most = Math.max(0, ...settlings.map(({ iterations }) => iterations));
  for (let iteration = 0; iteration < most; iteration++) {
    for (const settling of settlings) {
      if (iteration < settling.iterations) settling.iterate(iteration);
    }
  }
  return settlings.map((settling) => settling.end());
}
