import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { PhasedIterations } from "../../src/model/trial-plan.js";
import type { NetworkEvent } from "../../src/streams/events.js";
import type { PhasedTrial } from "../../src/streams/phased.js";
import { errorOf } from "../error-of.js";
import { bits, numbersOf, runPhased } from "./run-network.js";
import { twoModules } from "./tick-fixture.js";

const network = resolveNetwork(twoModules);

function watched(iterations: PhasedIterations = { inference: 5, learning: 4 }) {
  const kernels = referenceKernels();
  const phased = runPhased(network, { seed: 2, batch: 2, kernels }, iterations);
  const events: NetworkEvent[] = [];
  // an error of the events is one that learn throws
  phased.events.subscribe({ next: (event) => events.push(event), error: () => {} });
  return { ...phased, events, numbers: () => numbersOf(kernels, phased.state) };
}

describe("phased operation", () => {
  it("tells of each module's phase, in the order of the pathways, then of the readout and the weights", () => {
    const { learn, trial, events } = watched();
    learn(trial(0));
    const told = events.map((event) => {
      if (event.kind === "state") return `${event.phase} ${event.module}`;
      if (event.kind === "error") return `error ${event.module}`;
      if (event.kind === "update") return `update ${event.weights}`;
      return event.kind;
    });
    expect(told).toEqual([
      "inference m1",
      "inference m2",
      "output",
      "outputError",
      "learning m2",
      "error m2",
      "learning m1",
      "error m1",
      "update x->m1",
      "update m1->m2",
      "update m2->out",
    ]);
  });

  it("infers without a change of weights, and answers what learning answers", async () => {
    const { infer, learn, trial, numbers, events } = watched();
    const before = await numbers();
    infer(trial(0));
    const inferred = await numbers();
    expect(bits({ W: inferred["weights x->m1"] })).toEqual(bits({ W: before["weights x->m1"] }));
    expect(events.some(({ kind }) => kind === "update" || kind === "error")).toBe(false);
    learn(trial(0));
    const learned = await numbers();
    expect(bits({ out: learned["outputs out"] })).toEqual(bits({ out: inferred["outputs out"] }));
    expect(bits({ W: learned["weights x->m1"] })).not.toEqual(bits({ W: before["weights x->m1"] }));
  });

  it("ends a module's phase when it has settled, and reports its residual and iterations", async () => {
    const reportsOf = async (tolerance: number | undefined) => {
      const { events, learn, trial, kernels } = watched({ inference: 40, learning: 3, tolerance });
      const kept: Promise<Float32Array>[] = [];
      learn(trial(0));
      // a report is lent until the next tick: only the last one is still there
      for (const event of events.filter(({ kind }) => kind === "state").slice(-1))
        if (event.kind === "state" && event.report) kept.push(kernels.read(event.report));
      return Promise.all(kept);
    };
    expect(await reportsOf(undefined)).toEqual([]);
    const [[residual, iterations]] = await reportsOf(0.5);
    expect(residual).toBeLessThanOrEqual(0.5);
    expect(iterations).toBe(1);
    const [[, all]] = await reportsOf(0);
    expect(all).toBe(3);
  });

  it("restarts every trial: what came before shows only in the weights", async () => {
    const [once, twice] = [watched(), watched()];
    twice.infer(twice.trial(7));
    for (const { learn, trial } of [once, twice]) learn(trial(0));
    expect(bits(await twice.numbers())).toEqual(bits(await once.numbers()));
  });

  it("takes batches of any size, one trial after the other", async () => {
    const { learn, trial, numbers } = watched();
    learn(trial(0));
    const { inputs, targets } = trial(1);
    const first = (size: number) => (data: Float32Array) => data.slice(0, size);
    const one: PhasedTrial = {
      inputs: new Map([["x", first(3)(inputs.get("x")!)]]),
      targets: new Map([["out", first(2)(targets.get("out")!)]]),
      batch: 1,
    };
    learn(one);
    expect((await numbers())["outputs out"]).toHaveLength(2);
    learn(trial(2));
    expect((await numbers())["outputs out"]).toHaveLength(4);
  });

  it("leaves a readout alone that no target names", async () => {
    const { learn, trial, numbers, events } = watched();
    const before = bits(await numbers());
    learn({ ...trial(0), targets: new Map() });
    expect(events.map(({ kind }) => kind)).not.toContain("output");
    const after = bits(await numbers());
    expect(after["weights m2->out"]).toBe(before["weights m2->out"]);
    expect(after["outputs out"]).toBe(undefined);
  });

  it("applies events between trials, and refuses single stimuli", async () => {
    const { learn, trial, queue, kernels, numbers } = watched();
    queue.push({ kind: "gate", key: "x->m1", gate: 0 });
    learn(trial(0));
    const { "held m1": z } = await numbers();
    expect(z).toEqual(new Float32Array(16));
    queue.push({
      kind: "stimulus",
      key: "task",
      input: kernels.tensor(new Float32Array(6), [2, 3]),
      target: null,
    });
    const error = errorOf(() => learn(trial(1)));
    expect([error.code, error.message]).toEqual(["INVALID_ARGUMENT", expect.stringContaining("task")]);
  });

  it.each<[change: (trial: PhasedTrial) => Partial<PhasedTrial>, code: string, message: string]>([
    [
      () => ({ inputs: new Map([["x", new Float32Array(5)]]) }),
      "SHAPE_MISMATCH",
      "input x has 5 numbers, needed 2 x 3",
    ],
    [() => ({ batch: 3 }), "SHAPE_MISMATCH", "input x has 6 numbers, needed 3 x 3"],
    [
      () => ({ targets: new Map([["out", new Float32Array(2)]]) }),
      "SHAPE_MISMATCH",
      "target of readout out has 2 numbers, needed 2 x 2",
    ],
    [() => ({ inputs: new Map([["y", new Float32Array(6)]]) }), "INVALID_ARGUMENT", "no input y"],
    [
      () => ({ targets: new Map([["in", new Float32Array(4)]]) }),
      "INVALID_ARGUMENT",
      "no target of readout in",
    ],
  ])(
    "refuses a trial that does not fit, by name, and goes on with the next: %#",
    async (change, code, message) => {
      const { learn, trial, numbers, state } = watched();
      learn(trial(0));
      const before = bits(await numbers());
      const error = errorOf(() => learn({ ...trial(1), ...change(trial(1)) }));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
      expect(bits(await numbers())).toEqual(before);
      learn(trial(1));
      expect(state.parameters.learned.get("x->m1")?.steps).toBe(2);
    },
  );

  it("leaks no handle over 1,000 trials, and none when closed", () => {
    const { learn, infer, trial, kernels, close } = watched({ inference: 2, learning: 2 });
    learn(trial(0));
    const live = kernels.live();
    for (let made = 1; made < 1000; made++) {
      if (made % 10 === 0) infer(trial(made));
      learn(trial(made));
    }
    expect(kernels.live()).toBe(live);
    close();
    expect(kernels.live()).toBe(0);
  });
});
