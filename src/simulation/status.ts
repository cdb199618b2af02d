import type { ContinuousNetwork } from "../streams/continuous.js";
import type { Engine } from "./engine.js";
import type { Pacing } from "./pacing.js";
import type { SimulationStatus } from "./simulation.js";

/** Numbers of the tasks' own that may be changed, as they are, by task that has any. */
const parametersOf = ({ running, state }: ContinuousNetwork): SimulationStatus["parameters"] =>
  Object.fromEntries(
    [...running].flatMap(([task, { door }]) => {
      const changed = state.taskParameters.get(task);
      const values = Object.entries(door.parameters ?? {}).map(([name, { value }]) => [
        name,
        changed?.[name] ?? value,
      ]);
      return values.length > 0 ? [[task, Object.fromEntries(values)]] : [];
    }),
  );

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
    noise: Object.fromEntries(state.noise),
    parameters: parametersOf(net),
    worlds: {},
    alarms: {},
    recording: null,
    checkpoint: null,
    degraded: null,
    branches: {},
    load: { ...load, framesWaiting: 0 },
  };
  return Object.assign(ownStatus, ...parts.map((part) => part.status?.() ?? {}));
}
