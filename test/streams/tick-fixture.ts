import type { Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { errorPerturbedError } from "../../src/model/adjoint-propagation.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { createParameters } from "../../src/model/parameters.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { restingState } from "../../src/streams/network-state.js";
import type { PhaseEnd } from "../../src/streams/phase-end.js";
import type { Tick, TickSpec } from "../../src/streams/tick.js";
import type { Boundary } from "../../src/streams/tick-boundary.js";
import { TickPlans } from "../../src/streams/tick-plan.js";
import { tickQueue } from "../../src/streams/tick-queue.js";

export const twoModules = chain({ modules: 2, neurons: 8, inputs: 3, outputs: 2, connectionRate: 1 });

/** A small network at rest on the reference kernels, and ticks of it to draw in marbles. */
export function tickFixture(description: NetworkDescriptionInput = twoModules) {
  const kernels = referenceKernels();
  const network = resolveNetwork(description);
  const state = restingState(network, createParameters(kernels, network, initialWeights(network, 1)), {
    batch: 1,
    beta: 0.5,
    optimiser: { kind: "sgd", learningRate: 0.25 },
  });
  const continuous: TickSpec = {
    modules: new Set(network.modules.keys()),
    iterations: 1,
    start: "previous",
    forward: "held",
    error: "error",
    heldDrive: false,
    tolerance: null,
    needed: null,
    phase: "continuous",
  };
  const plans = new TickPlans({ kernels, network, state });
  const boundary: Boundary = {
    kernels,
    network,
    rule: errorPerturbedError,
    state,
    queue: tickQueue(),
    apply() {},
  };
  return {
    kernels,
    network,
    state,
    continuous,
    boundary,
    /** a row of numbers, [1, length] */
    row: (...numbers: number[]): Tensor => kernels.tensor(Float32Array.from(numbers), [1, numbers.length]),
    tick(number: number, spec: Partial<TickSpec> = {}): Tick {
      const whole = { ...continuous, ...spec };
      return { ...whole, tick: number, state, plan: plans.next(whole) };
    },
    end(phase: PhaseEnd["phase"], given: Partial<PhaseEnd> = {}): PhaseEnd {
      return {
        phase,
        tick: 5,
        trial: 2,
        readouts: new Set(["out"]),
        plastic: () => true,
        perturbed: () => true,
        state,
        ...given,
      };
    },
  };
}
