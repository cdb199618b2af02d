import { invariant } from "../errors.js";
import type { DriveTerm, Kernels, Tensor } from "../kernels/kernels.js";
import type { Module } from "../model/network.js";
import type { NetworkState } from "./network-state.js";

/** What a module's iterations left; owned by whoever takes it. */
export interface Iterated {
  readonly module: Module;
  readonly state: Tensor;
  readonly drive: Tensor;
}

/** How the modules of a tick iterate. */
export interface Iterating {
  readonly iterations: number;
  readonly start: "zero" | "previous";
  /** add the drive that the module ended the inference phase with */
  readonly heldDrive: boolean;
}

/** What operators contribute in a tick. The boundary submits it once, in the modules' own order. */
export interface TickPlan {
  /** A module asks for its iterations, driven by what its pathways carry. */
  iterate(module: Module, terms: readonly DriveTerm[], deliver: (result: Iterated) => void): void;
  /** Runs all that was asked for. `publish` takes the results over before anyone hears of them. */
  submit(publish: (results: readonly Iterated[]) => void): void;
}

interface Request {
  readonly module: Module;
  readonly terms: readonly DriveTerm[];
  readonly deliver: (result: Iterated) => void;
}

/** A plan for one tick. The order in which modules ask does not show in what they get. */
export function tickPlan(
  kernels: Kernels,
  state: NetworkState,
  spec: Iterating,
  order: ReadonlyMap<string, number>,
): TickPlan {
  const requests: Request[] = [];
  const rank = ({ module }: Request) => order.get(module.name) ?? 0;
  return {
    iterate(module, terms, deliver) {
      requests.push({ module, terms, deliver });
    },
    submit(publish) {
      requests.sort((a, b) => rank(a) - rank(b));
      const settles = requests.map(({ module, terms }) => {
        const recurrent = state.parameters.recurrent.get(module.name);
        invariant(recurrent, `module ${module.name} has a recurrent matrix`);
        const base = spec.heldDrive ? state.heldDrives.get(module.name) : undefined;
        const drive = kernels.drive({
          batch: state.batch,
          units: module.neurons,
          terms,
          base,
        });
        return {
          matrix: recurrent.matrix,
          bias: state.parameters.biases.get(module.name),
          activation: module.activation,
          from: spec.start === "zero" ? ("zero" as const) : (state.states.get(module.name) ?? "zero"),
          drive,
          iterations: spec.iterations,
        };
      });
      const settled = kernels.settle(settles);
      const results = requests.map(({ module }, i) => ({
        module,
        state: settled[i].state,
        drive: settles[i].drive,
      }));
      publish(results);
      requests.forEach(({ deliver }, i) => {
        deliver(results[i]);
      });
    },
  };
}
