import { invariant } from "../errors.js";
import type { ChangePropagation, Kernels, Settled, SettleRequest } from "../kernels/kernels.js";
import type { Module } from "../model/network.js";

const sameChanges = (a: ChangePropagation | undefined, b: ChangePropagation | undefined): boolean =>
  a?.epsilon === b?.epsilon &&
  a?.remembered?.spoken === b?.remembered?.spoken &&
  a?.remembered?.sum === b?.remembered?.sum;

const sameRequest = (a: SettleRequest, b: SettleRequest): boolean =>
  a.from === b.from &&
  a.drive === b.drive &&
  a.matrix === b.matrix &&
  (a.gain ?? 1) === (b.gain ?? 1) &&
  a.timeStep === b.timeStep &&
  a.bias === b.bias &&
  a.iterations === b.iterations &&
  a.tolerance === b.tolerance &&
  a.report === b.report &&
  a.needed === b.needed &&
  sameChanges(a.changes, b.changes);

/** Whether a settling left all as it was, so that the same request would leave it so again. */
const leftAll = ({ from, changes, tolerance, report }: SettleRequest, settled: Settled): boolean =>
  settled.state === from &&
  tolerance === undefined &&
  report !== true &&
  settled.propagated?.spoken === changes?.remembered?.spoken &&
  settled.propagated?.sum === changes?.remembered?.sum;

/**
 * Settles the modules of a network and leaves out those that rest: a settling that left a module's very handles as they
 * were is not made again until one of them, or its drive, is another. It would give the same.
 */
export class RestingSettles {
  readonly #kernels: Kernels;
  readonly #resting = new Map<string, SettleRequest>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /**
   * @param modules one for each request
   * @returns owned by the caller
   */
  settle(modules: readonly Module[], requests: readonly SettleRequest[]): readonly Settled[] {
    const moving = requests.filter((request, i) => !this.#rests(modules[i], request));
    const settled = moving.length > 0 ? this.#kernels.settle(moving) : [];
    let next = 0;
    return requests.map((request, i) => {
      if (request !== moving[next]) return this.#unchanged(request);
      const result = settled[next];
      next += 1;
      if (leftAll(request, result)) this.#resting.set(modules[i].name, request);
      else this.#resting.delete(modules[i].name);
      return result;
    });
  }

  #rests({ name }: Module, request: SettleRequest): boolean {
    const resting = this.#resting.get(name);
    return resting !== undefined && sameRequest(resting, request);
  }

  #unchanged({ from, changes }: SettleRequest): Settled {
    invariant(from !== "zero", "a module that rests has a state");
    const kernels = this.#kernels;
    const remembered = changes?.remembered;
    return {
      state: kernels.retain(from),
      report: null,
      propagated: remembered
        ? { spoken: kernels.retain(remembered.spoken), sum: kernels.retain(remembered.sum) }
        : null,
    };
  }
}
