import { invariant } from "../errors.js";
import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { Module } from "../model/network.js";
import { random } from "../model/random.js";
import type { Injection } from "./injection.js";
import type { NetworkState } from "./network-state.js";

/** `-1` times the sum of what is injected, unit by unit, in the order in which it came. */
function opposite(units: number, injections: readonly Injection[]): Float32Array {
  const sum = new Float32Array(units);
  for (const { values } of injections) for (let i = 0; i < units; i++) sum[i] -= values[i];
  return sum;
}

/**
 * What enters a module besides what its pathways carry: injected values and noise, `drive + injected + N(0, deviation)`.
 * Noise follows from the state's seed, the module and the ticks since the network was last at rest, so there is no
 * generator to keep. It is drawn here, where the tick's plan is submitted, and not on the backend, so that it is the same on
 * all of them. A unit that was lesioned hears none of it. Where nothing enters the drive is returned as it is.
 */
export class EnteringDrive {
  readonly #kernels: Kernels;
  readonly #module: Module;
  /** what enters, its sign turned: kernels have a difference and no sum */
  #entering: Tensor | null = null;
  /** what that was made of, while it stays the same */
  #madeOf: { readonly injections: readonly Injection[]; readonly lesions: unknown } | null = null;
  #sum: Tensor | null = null;
  /** the drive in the sum; its handle never comes back, so it need not be kept */
  #from: Tensor | null = null;

  constructor(kernels: Kernels, module: Module) {
    this.#kernels = kernels;
    this.#module = module;
  }

  /**
   * @param drive [batch, neurons] what the pathways carry
   * @returns [batch, neurons], lent until the next call
   */
  of(drive: Tensor, state: NetworkState): Tensor {
    const injections = state.injections.get(this.#module.name);
    const deviation = state.noise.get(this.#module.name) ?? 0;
    if (!injections && deviation === 0) {
      if (this.#entering) this.close();
      return drive;
    }
    const renewed = this.#renew(injections ?? [], deviation, state);
    const entering = this.#entering;
    if (this.#sum && this.#from === drive && !renewed) return this.#sum;
    invariant(entering, "what enters was made");
    const sum = this.#kernels.difference(drive, entering);
    if (this.#sum) this.#kernels.dispose(this.#sum);
    this.#sum = sum;
    this.#from = drive;
    return sum;
  }

  /** Frees what it keeps. */
  close(): void {
    for (const tensor of [this.#entering, this.#sum]) if (tensor) this.#kernels.dispose(tensor);
    this.#entering = null;
    this.#sum = null;
    this.#from = null;
    this.#madeOf = null;
  }

  /** Makes what enters anew, unless it rests. @returns whether it did */
  #renew(injections: readonly Injection[], deviation: number, state: NetworkState): boolean {
    const { name, neurons } = this.#module;
    const lesions = state.lesions.get(name);
    const made = this.#madeOf;
    if (deviation === 0 && made?.injections === injections && made.lesions === lesions) return false;
    const injected = opposite(neurons, injections);
    const values = new Float32Array(state.batch * neurons);
    if (deviation > 0) {
      const source = random(state.seed, `noise ${name} ${state.tick - state.began}`);
      for (let at = 0; at < values.length; at++) values[at] = source.normal(deviation);
    }
    for (let row = 0; row < state.batch; row++) {
      const own = values.subarray(row * neurons, (row + 1) * neurons);
      for (let i = 0; i < neurons; i++) own[i] += injected[i];
      for (const unit of lesions ?? []) own[unit] = 0;
    }
    if (this.#entering) this.#kernels.dispose(this.#entering);
    this.#entering = this.#kernels.tensor(values, [state.batch, neurons]);
    this.#madeOf = deviation === 0 ? { injections, lesions } : null;
    return true;
  }
}
