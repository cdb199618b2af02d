import { map } from "rxjs";
import { describe, expect, it } from "vitest";
import { shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { plasticWeights } from "../../src/model/plastic-weights.js";
import type { UpdateEvent } from "../../src/streams/events.js";
import type { PhaseEnd } from "../../src/streams/phase-end.js";
import { plasticity } from "../../src/streams/plasticity.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

/** Two pathways that share their weights, one that keeps its own fixed, a readout whose bias learns. */
const description: NetworkDescriptionInput = {
  modules: { m: { neurons: 4, connectionRate: 1, blocks: { a: [0, 1], b: [1, 2], c: [2, 4] } } },
  inputs: { x: 2, y: 2 },
  forward: [
    { source: "x", target: "m.a", id: "own" },
    { source: "y", target: "m.b", id: "second", weights: { shares: "own" } },
    { source: "y", target: "m.c", id: "fixed", plastic: false },
  ],
  readouts: {
    out: { size: 1, sources: ["m.c"], bias: { plastic: true } },
    other: { size: 1, sources: ["m.a"] },
  },
};

/** The state at the end of a learning phase: inputs (1, 2) and (4, 8), errors of powers of ten. */
function taught() {
  const fixture = tickFixture(description);
  const { kernels, network, state, row } = fixture;
  state.inputs.set("x", row(1, 2)).set("y", row(4, 8));
  state.errors.set("m", row(1, 10, 100, 100));
  state.states.set("m", row(0, 0, 7, 7));
  state.held.set("m", row(0, 0, 3, 5));
  state.outputErrors.set("out", row(2)).set("other", row(2));
  for (const plastic of state.parameters.learned.values()) {
    const { shape } = plastic.weights;
    plastic.weights = kernels.tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape);
  }
  const find = (name: string) => plasticWeights(network).find((plastic) => plastic.name === name)!;
  return {
    ...fixture,
    find,
    learns: (name: string) => plasticity(kernels, shortTrajectoryError, find(name), true),
  };
}
const shown = map(({ kind, tick, weights }: UpdateEvent) => `${kind} ${weights} ${tick}`);
const u = "update own 5";

/** The gradient and the weights that one end leaves, or null without an update. */
async function update(
  name: string,
  given: (fixture: ReturnType<typeof taught>) => Partial<PhaseEnd> | undefined,
) {
  const fixture = taught();
  const { kernels, state, end, learns } = fixture;
  const updates: UpdateEvent[] = [];
  const l = end("learning", given(fixture));
  marbles(
    ({ hot }) =>
      void hot("l", { l })
        .pipe(learns(name))
        .subscribe((event) => updates.push(event)),
  );
  const weights = state.parameters.learned.get(name)!;
  expect(weights.steps).toBe(updates.length);
  if (updates.length === 0) return null;
  expect(updates[0].value).toBe(weights.weights);
  const [gradient, value] = await Promise.all([updates[0].gradient!, weights.weights].map(kernels.read));
  return { gradient: [...gradient], value: [...value] };
}

describe("plasticity", () => {
  it("changes weights at each end of a learning phase, and completes with its source", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { learns, end } = taught();
      const ends = hot("-i-l-l|", { i: end("inference"), l: end("learning") });
      expectObservable(ends.pipe(learns("own"), shown)).toBe("---u-u|", { u });
      expectSubscriptions(ends.subscriptions).toBe("^-----!");
    });
  });

  it("is empty, errs, ends early and bursts with its source", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const { learns, end } = taught();
      const l = end("learning");
      expectObservable(cold<PhaseEnd>("-|").pipe(learns("own"))).toBe("-|");
      expectObservable(hot("-l-#", { l }).pipe(learns("own"), shown)).toBe("-u-#", { u });
      expectObservable(hot("-(lll|)", { l }).pipe(learns("own"), shown)).toBe("-(uuu|)", { u });
      const source = hot("-l---l-|", { l });
      expectObservable(source.pipe(learns("own"), shown), "^--!").toBe("-u", { u });
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });

  it("errs when a source and its error do not fit", () => {
    marbles(({ hot, expectObservable }) => {
      const { learns, end, state, row } = taught();
      state.inputs.set("x", row(1));
      const result = hot("-l", { l: end("learning") }).pipe(learns("own"));
      expectObservable(result).toBe("-#", {}, expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    });
  });

  it("learns by z_source^T e_target / batch, summed over the pathways that share weights", async () => {
    // 1 * 1 + 4 * 10 and 2 * 1 + 8 * 10, at a rate of 1/4
    expect(await update("own", () => ({}))).toEqual({ gradient: [41, 82], value: [-9.25, -19.5] });
    // the readout's source is z, not y
    expect(await update("m->out", () => ({}))).toEqual({ gradient: [6, 10], value: [-0.5, -1.5] });
    expect(await update("out.b", () => ({}))).toEqual({ gradient: [2], value: [0.5] });
    expect(
      await update("own", ({ state }) => {
        state.batch = 2;
        return {};
      }),
    ).toEqual({ gradient: [20.5, 41], value: [1 - 20.5 / 4, 1 - 41 / 4] });
  });

  it("learns by the gate, and not at all through one that is closed", async () => {
    const gated = (gates: Record<string, number>) =>
      update("own", ({ state }) => {
        for (const [id, gate] of Object.entries(gates)) state.gates.set(id, gate);
        return {};
      });
    expect((await gated({ second: 0.5 }))?.gradient).toEqual([21, 42]);
    expect((await gated({ second: 0 }))?.gradient).toEqual([1, 2]);
    expect(await gated({ own: 0, second: 0 })).toBe(null);
  });

  it("stays without a plastic pathway that was taught", async () => {
    expect(await update("own", () => ({ plastic: () => false }))).toBe(null);
    expect((await update("own", () => ({ plastic: (id) => id === "second" })))?.gradient).toEqual([40, 80]);
    const withoutErrors = ({ state }: ReturnType<typeof taught>) => {
      state.errors.clear();
      return {};
    };
    expect(await update("own", withoutErrors)).toBe(null);
    const { network } = taught();
    expect(plasticWeights(network).map(({ name }) => name)).toEqual(["own", "m->out", "m->other", "out.b"]);
  });

  it("a readout learns only at the end of its own trial", async () => {
    const other = () => ({ readouts: new Set(["other"]) });
    expect(await update("m->out", other)).toBe(null);
    expect(await update("out.b", other)).toBe(null);
    expect(await update("m->other", other)).not.toBe(null);
  });

  it("keeps Adam's moments in the state and counts its steps", () => {
    const { learns, end, state, kernels } = taught();
    state.optimiser = { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const live = kernels.live();
    const gradients: unknown[] = [];
    marbles(({ hot }) => {
      hot("lll", { l: end("learning") })
        .pipe(learns("own"))
        .subscribe(({ gradient }) => gradients.push(kernels.dispose(gradient!)));
    });
    const { moments, steps } = state.parameters.learned.get("own")!;
    expect([steps, gradients.length, moments?.first.shape]).toEqual([3, 3, [2, 1]]);
    expect(kernels.live()).toBe(live + 2);
  });
});
