import type { Kernels, RecurrentMatrix, Tensor } from "../../kernels/kernels.js";
import { biasName, recurrentName } from "../../model/network.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { NetworkState } from "../../streams/network-state.js";

/** What a topic shows at a tick: a tensor or a matrix, lent. */
export interface Seen {
  readonly tick: number;
  readonly value: Tensor | RecurrentMatrix;
}

/** What a topic is of, as "state", and whose, as "m1"; no name where it has no slash. */
export function topicParts(topic: string): readonly [what: string, name: string] {
  const slash = topic.indexOf("/");
  return slash < 0 ? [topic, ""] : [topic.slice(0, slash), topic.slice(slash + 1)];
}

/** Calls `show` with the numbers that an event shows, and the topic `what/name` of each. */
export function eachSeen(
  event: NetworkEvent,
  show: (what: string, name: string, value: Seen["value"]) => void,
): void {
  switch (event.kind) {
    case "state":
      show("state", event.module, event.state);
      show("drive", event.module, event.drive);
      break;
    case "error":
      show("error", event.module, event.error);
      break;
    case "output":
      show("output", event.readout, event.output);
      break;
    case "update":
    case "recurrentUpdate":
      show("weights", event.weights, event.value);
  }
}

function weightsNamed({ parameters }: NetworkState, name: string): Tensor | RecurrentMatrix | undefined {
  const learned = parameters.learned.get(name)?.weights;
  if (learned) return learned;
  for (const [module, { matrix }] of parameters.recurrent) if (recurrentName(module) === name) return matrix;
  for (const [module, bias] of parameters.biases) if (biasName(module) === name) return bias;
  return undefined;
}

/**
 * What a topic of tensors shows between two ticks; null when there is nothing yet, or no longer. What a tick makes bears
 * that tick; weights bear the tick that they are used in next, as events about them do.
 */
export function presentOf(state: NetworkState, topic: string): Seen | null {
  const [what, name] = topicParts(topic);
  const made = { state: state.states, drive: state.drives, error: state.errors }[what];
  if (made) {
    const value = made.get(name);
    // before its first tick a network has made nothing
    return value && state.tick > 0 ? { tick: state.tick - 1, value } : null;
  }
  const value = what === "weights" ? weightsNamed(state, name) : state.outputs.get(name);
  return value ? { tick: state.tick, value } : null;
}

export const isMatrix = (value: Seen["value"]): value is RecurrentMatrix => "neurons" in value;

/** Reads back with one more owner, so that nothing is freed or learned in place meanwhile. */
export function readKept<Value extends Tensor | RecurrentMatrix, Result>(
  kernels: Kernels,
  value: Value,
  read: (value: Value) => Promise<Result>,
): Promise<Result> {
  kernels.retain(value);
  return read(value).finally(() => kernels.dispose(value));
}
