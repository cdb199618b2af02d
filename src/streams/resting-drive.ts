import type { DriveRequest, DriveTerm, Kernels, Tensor } from "../kernels/kernels.js";

const sameTerm = (a: DriveTerm, b: DriveTerm): boolean =>
  a.source === b.source &&
  a.weights === b.weights &&
  a.scale === b.scale &&
  a.block === b.block &&
  a.target === b.target &&
  a.transposed === b.transposed;

function sameRequest(a: DriveRequest, b: DriveRequest): boolean {
  if (a.batch !== b.batch || a.units !== b.units || a.base !== b.base) return false;
  if (a.terms.length !== b.terms.length) return false;
  for (let i = 0; i < a.terms.length; i++) if (!sameTerm(a.terms[i], b.terms[i])) return false;
  return true;
}

/**
 * A drive that is made anew only when it changes. Handles never change their numbers, and one that was given up never
 * comes back, so the same handles give the same drive, to the bit: stimuli and weights that rest cost nothing.
 */
export class RestingDrive {
  readonly #kernels: Kernels;
  #request: DriveRequest | null = null;
  #drive: Tensor | null = null;

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** @returns [batch, units], lent until the next call */
  of(request: DriveRequest): Tensor {
    if (this.#drive && this.#request && sameRequest(this.#request, request)) return this.#drive;
    const drive = this.#kernels.drive(request);
    this.close();
    this.#request = request;
    this.#drive = drive;
    return drive;
  }

  /** Frees what it keeps. */
  close(): void {
    if (this.#drive) this.#kernels.dispose(this.#drive);
    this.#request = null;
    this.#drive = null;
  }
}
