import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learningRules } from "../../src/model/learning-rules.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { phasedOrder } from "../../src/model/phased-order.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { Examples } from "../../src/streams/stimulus.js";
import { endless } from "../../src/streams/stimulus-door.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { bits, type Numbers, numbersOf, runContinuous, runPhased } from "./run-network.js";

const seed = fc.nat({ max: 10_000 });
const rule = fc.constantFrom(learningRules.STE, learningRules.EPE);

const rowsMoved = (data: Float32Array, order: readonly number[]): Float32Array => {
  const columns = data.length / order.length;
  return Float32Array.from(order.flatMap((row) => [...data.subarray(row * columns, (row + 1) * columns)]));
};

const moved = (examples: Examples, order: readonly number[]): Examples => ({
  ...examples,
  take(first, count) {
    const { input, target } = examples.take(first, count);
    return { input: rowsMoved(input, order), target: target && rowsMoved(target, order) };
  },
});

describe("the order of the stimuli in a batch", () => {
  const order = [2, 0, 3, 1];
  const batch = order.length;

  it("only moves the rows of all states, errors and outputs, and leaves the updates", async () => {
    await fc.assert(
      fc.asyncProperty(
        networkDescription({ cycles: true, delays: true }),
        seed,
        async (description, seed) => {
          const network = resolveNetwork(description);
          const ticks = { inference: 5, learning: 4 };
          const run = runContinuous(network, { seed, batch }, { ticks });
          const other = runContinuous(
            network,
            { seed, batch },
            { ticks, door: (_, examples) => endless(moved(examples, order), batch) },
          );
          for (let tick = 0; tick < 9; tick++) {
            run.tick();
            other.tick();
            const [a, b] = await Promise.all(
              [run, other].map(({ kernels, state }) => numbersOf(kernels, state)),
            );
            const signals = (numbers: Numbers) =>
              Object.keys(numbers).filter((name) => !name.startsWith("weights"));
            const expected = Object.fromEntries(signals(a).map((name) => [name, rowsMoved(a[name], order)]));
            const found = Object.fromEntries(signals(b).map((name) => [name, b[name]]));
            expect(bits(found)).toEqual(bits(expected));
            if (tick < 8) continue;
            for (const name of Object.keys(a).filter((name) => name.startsWith("weights"))) {
              a[name].forEach((weight, i) => {
                // the gradient is a sum over the batch, rounded once
                expect(Math.abs(b[name][i] - weight)).toBeLessThanOrEqual(
                  2e-7 * Math.max(1, Math.abs(weight)),
                );
              });
            }
          }
        },
      ),
      seeded(50),
    );
  });
});

/** A network, the same with the gate of one pathway closed, and the same without that pathway. */
const closedPathway = (choice: Parameters<typeof networkDescription>[0]) =>
  fc.tuple(networkDescription(choice), fc.nat()).map(([description, pick]) => {
    const { forward = [], errorPathways = [], readouts = {} } = description;
    const removable = Object.values(readouts).flatMap(({ sources }) => (sources.length > 1 ? sources : []));
    const ids = [...forward, ...errorPathways, ...removable].map((given) =>
      typeof given === "string" ? given : given.id,
    );
    const id = ids[pick % ids.length];
    const change = (edit: <Given>(given: readonly Given[]) => Given[]): NetworkDescriptionInput => ({
      ...description,
      forward: edit(forward),
      errorPathways: edit(errorPathways),
      readouts: Object.fromEntries(
        Object.entries(readouts).map(([name, readout]) => [
          name,
          { ...readout, sources: edit(readout.sources) },
        ]),
      ),
    });
    const isClosed = (given: unknown) =>
      typeof given === "object" && given !== null && Reflect.get(given, "id") === id;
    return {
      id,
      open: description,
      closed: change((list) => list.map((given) => (isClosed(given) ? { ...given, gate: 0 } : given))),
      without: change((list) => list.filter((given) => !isClosed(given))),
    };
  });

describe("a closed gate", () => {
  it("carries nothing: a network behaves as without the pathway, whose weights stay, continuously", async () => {
    await fc.assert(
      fc.asyncProperty(
        closedPathway({ cycles: true, delays: true }),
        seed,
        async ({ id, closed, without }, seed) => {
          const run = runContinuous(resolveNetwork(closed), { seed });
          const other = runContinuous(resolveNetwork(without), { seed });
          const before = await numbersOf(run.kernels, run.state);
          for (let tick = 0; tick < 18; tick++) {
            run.tick();
            other.tick();
            const [a, b] = await Promise.all(
              [run, other].map(({ kernels, state }) => numbersOf(kernels, state)),
            );
            const { [`weights ${id}`]: weights, ...others } = bits(a);
            expect(others).toEqual(bits(b));
            expect(weights).toBe(bits(before)[`weights ${id}`]);
          }
        },
      ),
      seeded(60),
    );
  });

  it("carries nothing in phased operation, with the modules in the same order", async () => {
    await fc.assert(
      fc.asyncProperty(closedPathway({}), rule, seed, async ({ id, open, closed, without }, rule, seed) => {
        const { inference, learning } = phasedOrder(resolveNetwork(open));
        const orders = { inferenceOrder: [...inference], learningOrder: [...learning] };
        const [run, other] = [closed, without].map((description) =>
          runPhased(resolveNetwork({ ...description, ...orders }), { seed, rule }),
        );
        const before = await numbersOf(run.kernels, run.state);
        for (let trial = 0; trial < 3; trial++) {
          run.learn(run.trial(trial));
          other.learn(other.trial(trial));
        }
        const [a, b] = await Promise.all([run, other].map(({ kernels, state }) => numbersOf(kernels, state)));
        const { [`weights ${id}`]: weights, ...others } = bits(a);
        expect(others).toEqual(bits(b));
        expect(weights).toBe(bits(before)[`weights ${id}`]);
      }),
      seeded(60),
    );
  });

  it("that is opened by an event carries again from the next tick on", async () => {
    await fc.assert(
      fc.asyncProperty(closedPathway({ cycles: true }), seed, async ({ id, open, closed }, seed) => {
        fc.pre(id !== undefined);
        const run = runContinuous(resolveNetwork(open), { seed });
        const other = runContinuous(resolveNetwork(closed), { seed });
        other.queue.push({ kind: "gate", key: id!, gate: 1 });
        run.tick();
        other.tick();
        const [a, b] = await Promise.all([run, other].map(({ kernels, state }) => numbersOf(kernels, state)));
        expect(bits(b)).toEqual(bits(a));
      }),
      seeded(30),
    );
  });
});

describe("weights that do not learn", () => {
  const isFixed = (network: ReturnType<typeof resolveNetwork>, name: string) =>
    ![...network.pathways.values()].some((pathway) => pathway.weights === name && pathway.plastic);

  it("stay to the bit in open pathways, whatever the others do", async () => {
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(networkDescription({ delays: true }), rule, seed, async (description, rule, seed) => {
        const network = resolveNetwork(description);
        const continuous = runContinuous(network, { seed });
        const phased = runPhased(network, { seed, rule });
        const before = bits(await numbersOf(phased.kernels, phased.state));
        for (let tick = 0; tick < 24; tick++) continuous.tick();
        for (let trial = 0; trial < 3; trial++) phased.learn(phased.trial(trial));
        for (const { kernels, state } of [continuous, phased]) {
          const after = bits(await numbersOf(kernels, state));
          for (const name of network.weights.keys()) {
            const [a, b] = [before, after].map((numbers) => numbers[`weights ${name}`]);
            if (isFixed(network, name)) expect(b).toBe(a);
            else if (a !== b) changed += 1;
          }
        }
      }),
      seeded(40),
    );
    expect(changed).toBeGreaterThan(50);
  });

  it("stay where a task's configuration keeps a pathway from learning, which changes nothing else", async () => {
    const configured = (
      description: NetworkDescriptionInput,
      fixed: string | null,
    ): NetworkDescriptionInput => {
      const { pathways } = resolveNetwork(description);
      const settings = [...pathways.values()].map(({ id }) => [id, { gate: 1, plastic: id !== fixed }]);
      const tasks = Object.entries(description.tasks ?? {}).map(([name, task]) => [
        name,
        { ...task, configuration: Object.fromEntries(settings) },
      ]);
      return { ...description, tasks: Object.fromEntries(tasks) };
    };
    await fc.assert(
      fc.asyncProperty(networkDescription(), fc.nat(), seed, async (description, pick, seed) => {
        const plastic = [...resolveNetwork(description).pathways.values()].filter(({ plastic }) => plastic);
        fc.pre(plastic.length > 0);
        const { id } = plastic[pick % plastic.length];
        const run = runContinuous(resolveNetwork(configured(description, null)), { seed });
        const other = runContinuous(resolveNetwork(configured(description, id)), { seed });
        const before = bits(await numbersOf(other.kernels, other.state));
        // the first trial of the first task ends with tick 4
        for (let tick = 0; tick < 5; tick++) {
          run.tick();
          other.tick();
        }
        const [a, b] = await Promise.all(
          [run, other].map(async ({ kernels, state }) => bits(await numbersOf(kernels, state))),
        );
        expect(b[`weights ${id}`]).toBe(before[`weights ${id}`]);
        expect({ ...b, [`weights ${id}`]: "" }).toEqual({ ...a, [`weights ${id}`]: "" });
      }),
      seeded(40),
    );
  });
});
