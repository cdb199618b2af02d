import type { Engine } from "./engine.js";
import type { Pacing } from "./pacing.js";
import type { SimulationStatus } from "./simulation.js";

/** How a simulation stands: what its network, its clock and its parts have to say. */
export function statusOf({ net, epoch, load, parts }: Engine, pacer: Pacing): SimulationStatus {
  const { state, network } = net;
  const ownStatus: SimulationStatus = {
    tick: state.tick,
    epoch,
    paused: pacer.paused(),
    ticksPerSecond: pacer.speed(),
    learningRate: state.optimiser.learningRate,
    beta: state.beta,
    gates: Object.fromEntries([...network.pathways.keys()].map((id) => [id, state.gates.get(id) ?? 1])),
    spectralRadii: Object.fromEntries(
      [...state.parameters.recurrent].map(([name, { spectralRadius }]) => [name, spectralRadius]),
    ),
    noise: {},
    parameters: {},
    worlds: {},
    alarms: {},
    recording: null,
    checkpoint: null,
    degraded: null,
    branches: {},
    load: { ...load, lateTicks: 0, framesWaiting: 0 },
  };
  return parts.reduce((status, part) => ({ ...status, ...part.status?.() }), ownStatus);
}
