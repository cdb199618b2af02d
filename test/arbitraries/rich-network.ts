import fc from "fast-check";
import type { Distribution, NetworkDescriptionInput } from "../../src/model/network-description.js";
import { networkDescription } from "./network.js";

const positive = fc.double({ min: 1e-3, max: 10, noNaN: true });

const distribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.record({ distribution: fc.constant("uniform" as const), bound: positive }),
  fc.record({ distribution: fc.constant("normal" as const), deviation: positive }),
  fc.constantFrom<Distribution>({ distribution: "fan-in" }, { distribution: "zero" }),
);

const setting = fc.record({ gate: fc.constantFrom(0, 0.25, 1), plastic: fc.boolean() }, { requiredKeys: [] });

/** A random network that says all that a description can say: also weights, shared ones, configurations and orders. */
export const richNetwork: fc.Arbitrary<NetworkDescriptionInput> = networkDescription({
  cycles: true,
  delays: true,
  gates: true,
}).chain((description) => {
  const { forward = [], errorPathways = [], tasks = {}, modules } = description;
  const weighed = <P extends object>(pathways: readonly P[]) =>
    fc.tuple(
      ...pathways.map((pathway) =>
        fc.option(distribution).map((weights) => (weights ? { ...pathway, weights } : pathway)),
      ),
    );
  const ids = [...forward, ...errorPathways].map(({ id }) => id as string);
  const order = fc.option(fc.shuffledSubarray(Object.keys(modules)), { nil: undefined });
  const configuration = fc.option(
    fc.subarray(ids).chain((chosen) => fc.record(Object.fromEntries(chosen.map((id) => [id, setting])))),
    { nil: undefined },
  );
  return fc
    .record({
      forward: weighed(forward),
      errorPathways: weighed(errorPathways),
      twin: fc.boolean(),
      configurations: fc.array(configuration, {
        minLength: Object.keys(tasks).length,
        maxLength: Object.keys(tasks).length,
      }),
      inferenceOrder: order,
      learningOrder: order,
    })
    .map(({ twin, configurations, ...parts }) => ({
      ...description,
      ...parts,
      // a pathway beside the first one, through the same weights
      forward: twin
        ? [...parts.forward, { ...forward[0], id: "twin", weights: { shares: ids[0] } }]
        : parts.forward,
      tasks: Object.fromEntries(
        Object.entries(tasks).map(([name, task], i) => [name, { ...task, configuration: configurations[i] }]),
      ),
    }));
});
