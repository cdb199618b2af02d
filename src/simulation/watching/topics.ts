import { biasName, type Network, recurrentName } from "../../model/network.js";
import type { Parameters } from "../../model/parameters.js";
import type { Topic } from "../simulation.js";

/** Weights and biases, each with the number of all its values; of a recurrent matrix its zeros count, too. */
function weightSizes(
  { modules, readouts, weights }: Network,
  { biases, learned }: Parameters,
): [string, number][] {
  const isThere = (name: string, owner: string) => learned.has(name) || biases.has(owner);
  return [
    ...[...weights.values()].map(({ name, shape: [from, to] }): [string, number] => [name, from * to]),
    ...[...modules.values()].map(({ name, neurons }): [string, number] => [
      recurrentName(name),
      neurons ** 2,
    ]),
    ...[...modules.values()]
      .map(({ name, neurons }) => ({ name, size: neurons }))
      .concat([...readouts.values()])
      .filter(({ name }) => isThere(biasName(name), name))
      .map(({ name, size }): [string, number] => [biasName(name), size]),
  ];
}

/**
 * Everything of a network that can be watched; what parts send comes on top.
 * @param parameters which biases there are
 */
export function topicsOf(network: Network, parameters: Parameters): Topic[] {
  const { modules, readouts, tasks } = network;
  const tensor = (topic: string, units: number): Topic => ({ topic, payload: "tensor", units });
  return [
    ...[...modules.values()].flatMap(({ name, neurons }) =>
      ["state", "drive", "error"].map((what) => tensor(`${what}/${name}`, neurons)),
    ),
    ...[...modules.keys()].map((name) => tensor(`residual/${name}`, 1)),
    ...weightSizes(network, parameters).map(([name, size]) => tensor(`weights/${name}`, size)),
    ...[...readouts.values()].map(({ name, size }) => tensor(`output/${name}`, size)),
    ...[...tasks.keys()].map((task): Topic => ({ topic: `metrics/${task}`, payload: "record" })),
    { topic: "events", payload: "record" },
    { topic: "lanes", payload: "lanes" },
  ];
}
