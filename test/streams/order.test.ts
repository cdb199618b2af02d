import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learningRules } from "../../src/model/learning-rules.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { QueuedEvent } from "../../src/streams/tick-queue.js";
import { networkDescription, reordered } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { bits, numbersOf, runContinuous, runPhased } from "./run-network.js";

const twice = (choice: Parameters<typeof networkDescription>[0]) =>
  networkDescription(choice).chain((description) =>
    fc.record({
      seed: fc.nat({ max: 10_000 }),
      description: fc.constant(description),
      other: reordered(description),
    }),
  );

const rule = fc.constantFrom(learningRules.STE, learningRules.EPE);

describe("the order in which a network is described and evaluated does not show", () => {
  it("in continuous operation, with cycles and delays, held and live", async () => {
    await fc.assert(
      fc.asyncProperty(
        twice({ cycles: true, delays: true, gates: true }),
        fc.constantFrom("held" as const, "live" as const),
        async ({ description, other, seed }, forward) => {
          const [first, second] = [description, other].map((given) =>
            runContinuous(resolveNetwork(given), { seed }, { forward }),
          );
          for (let tick = 0; tick < 18; tick++) {
            first.tick();
            second.tick();
            const [a, b] = await Promise.all(
              [first, second].map(({ kernels, state }) => numbersOf(kernels, state)),
            );
            expect(bits(b)).toEqual(bits(a));
          }
        },
      ),
      seeded(60),
    );
  });

  it("in phased operation, where it follows from the pathways", async () => {
    await fc.assert(
      fc.asyncProperty(
        twice({ delays: true, gates: true }),
        rule,
        async ({ description, other, seed }, rule) => {
          const [first, second] = [description, other].map((given) =>
            runPhased(resolveNetwork(given), { seed, rule }),
          );
          for (let trial = 0; trial < 3; trial++) {
            first.learn(first.trial(trial));
            second.learn(second.trial(trial));
            const [a, b] = await Promise.all(
              [first, second].map(({ kernels, state }) => numbersOf(kernels, state)),
            );
            expect(bits(b)).toEqual(bits(a));
          }
        },
      ),
      seeded(60),
    );
  });
});

/** What comes from outside in one tick: who sends it, and what. */
type Sent = { readonly source: string; readonly change: Change };
type Change =
  | { readonly kind: "gate" | "spectralRadius"; readonly pick: number; readonly value: number }
  | { readonly kind: "learningRate" | "beta"; readonly value: number }
  | { readonly kind: "stimulus"; readonly pick: number; readonly value: number };

const value = fc.double({ min: 0.125, max: 1, noNaN: true });
const pick = fc.nat({ max: 9 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom("gate" as const, "spectralRadius" as const), pick, value }),
  fc.record({ kind: fc.constantFrom("learningRate" as const, "beta" as const), value }),
  fc.record({ kind: fc.constant("stimulus" as const), pick, value }),
);
const sent: fc.Arbitrary<Sent> = fc.record({ source: fc.constantFrom("door", "anna", "ben"), change });

/** The events of each tick, and another order in which those of different sources may come. */
const twoInterleavings = fc
  .array(
    fc.array(sent, { maxLength: 8 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        turns: fc.shuffledSubarray(
          events.map(({ source }) => source),
          { minLength: events.length, maxLength: events.length },
        ),
      }),
    ),
    { minLength: 1, maxLength: 10 },
  )
  .map((ticks) =>
    ticks.map(({ events, turns }) => {
      const left = [...events];
      const other = turns.map((source) => {
        const next = left.findIndex((event) => event.source === source);
        return left.splice(next, 1)[0];
      });
      return [events, other] as const;
    }),
  );

describe("how events interleave within a tick does not show", () => {
  it("in settings, gates and stimuli from several sources", async () => {
    await fc.assert(
      fc.asyncProperty(
        networkDescription({ cycles: true, delays: true }),
        fc.nat({ max: 10_000 }),
        twoInterleavings,
        async (description, seed, ticks) => {
          const network = resolveNetwork(description);
          const run = runContinuousWithEvents(network, seed);
          const other = runContinuousWithEvents(network, seed);
          for (const [events, reinterleaved] of ticks) {
            for (const event of events) run.push(event);
            for (const event of reinterleaved) other.push(event);
            run.tick();
            other.tick();
          }
          const [a, b] = await Promise.all([run.numbers(), other.numbers()]);
          expect(bits(b)).toEqual(bits(a));
          expect(other.kernels.live()).toBe(run.kernels.live());
        },
      ),
      seeded(80),
    );
  });
});

function runContinuousWithEvents(network: ReturnType<typeof resolveNetwork>, seed: number) {
  const running = runContinuous(network, { seed });
  const { kernels, queue, state } = running;
  const choose = (names: Iterable<string>, pick: number) => {
    const all = [...names];
    return all[pick % all.length];
  };
  const eventOf = (change: Change): QueuedEvent => {
    switch (change.kind) {
      case "gate":
        return { kind: "gate", key: choose(network.pathways.keys(), change.pick), gate: change.value };
      case "spectralRadius":
        return { ...change, kind: "spectralRadius", key: choose(network.modules.keys(), change.pick) };
      case "stimulus": {
        const task = network.tasks.get(choose(network.tasks.keys(), change.pick))!;
        const row = (size: number) =>
          kernels.tensor(new Float32Array(2 * size).fill(change.value), [2, size]);
        const input = row(network.inputs.get(task.input)!);
        const target = change.pick % 2 ? row(network.readouts.get(task.readout)!.size) : null;
        return { kind: "stimulus", key: task.name, input, target };
      }
      default:
        return { kind: change.kind, key: "", value: change.value };
    }
  };
  return {
    kernels,
    tick: running.tick,
    push: ({ source, change }: Sent) => queue.push(eventOf(change), source),
    numbers: () => numbersOf(kernels, state),
  };
}
