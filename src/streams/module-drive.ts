import type { DriveTerm, Kernels, Tensor } from "../kernels/kernels.js";
import type { Module } from "../model/network.js";
import { RestingDrive } from "./resting-drive.js";

/** What a module's pathways carry in a tick. */
export interface ModuleTerms {
  /** from inputs: they rest as long as a stimulus does */
  readonly inputs: readonly DriveTerm[];
  /** from modules and readouts */
  readonly others: readonly DriveTerm[];
}

/**
 * A module's drive: `(base + inputs) + others`, two sums, so that a stimulus that rests is not projected again on every
 * tick on which an error moves. What rests shows in the cost alone, never in a number.
 */
export class ModuleDrive {
  readonly #module: Module;
  readonly #inputs: RestingDrive;
  readonly #whole: RestingDrive;

  constructor(kernels: Kernels, module: Module) {
    this.#module = module;
    this.#inputs = new RestingDrive(kernels);
    this.#whole = new RestingDrive(kernels);
  }

  /**
   * @param base [batch, units] added to what the pathways carry
   * @returns [batch, units], lent until the next call
   */
  of({ inputs, others }: ModuleTerms, batch: number, base: Tensor | undefined): Tensor {
    const units = this.#module.neurons;
    if (others.length === 0) return this.#inputs.of({ batch, units, terms: inputs, base });
    const start = inputs.length > 0 ? this.#inputs.of({ batch, units, terms: inputs, base }) : base;
    return this.#whole.of({ batch, units, terms: others, base: start });
  }

  /** Frees what it keeps. */
  close(): void {
    this.#inputs.close();
    this.#whole.close();
  }
}
