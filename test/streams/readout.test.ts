import { map } from "rxjs";
import { describe, expect, it } from "vitest";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import type { OutputEvent } from "../../src/streams/events.js";
import type { PhaseEnd } from "../../src/streams/phase-end.js";
import { readout, readoutPathways } from "../../src/streams/readout.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

const module = { neurons: 8, connectionRate: 1 };
const description: NetworkDescriptionInput = {
  modules: { m1: module, m2: module },
  inputs: { x: 2 },
  readouts: {
    out: { size: 2, nonlinearity: "linear", sources: ["m1.SI", "m2.SI", { source: "x", gate: 0.5 }] },
    other: { size: 1, sources: ["m1.SE"] },
  },
};

function answering() {
  const fixture = tickFixture(description);
  const { kernels, network, state } = fixture;
  const fill = (name: string, from: number, value: number) =>
    Object.assign(state.parameters.learned.get(name)!, {
      weights: kernels.tensor(new Float32Array(from * 2).fill(value), [from, 2]),
    });
  fill("m1->out", 2, 1);
  fill("m2->out", 2, 10);
  fill("x->out", 2, 100);
  state.states.set("m1", fixture.row(0, 0, 1, 2, 0, 0, 0, 0));
  state.inputs.set("x", fixture.row(3, 4));
  const spec = network.readouts.get("out")!;
  return { ...fixture, answers: readout(kernels, spec, readoutPathways(network, "out")) };
}
const shown = map(({ kind, tick, readout, trial }: OutputEvent) => `${kind} ${readout} ${tick} ${trial}`);
const o = "output out 5 2";

describe("readout", () => {
  it("answers at each end of an inference phase that asks for it, and completes with its source", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { answers, end } = answering();
      const ends = hot("-i-l-n-i|", {
        i: end("inference"),
        l: end("learning"),
        n: end("inference", { readouts: new Set(["other"]) }),
      });
      expectObservable(ends.pipe(answers, shown)).toBe("-o-----o|", { o });
      expectSubscriptions(ends.subscriptions).toBe("^-------!");
    });
  });

  it("is empty, errs, ends early and bursts with its source", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const { answers, end } = answering();
      const i = end("inference");
      expectObservable(cold<PhaseEnd>("-|").pipe(answers)).toBe("-|");
      expectObservable(hot("-i-#", { i }).pipe(answers, shown)).toBe("-o-#", { o });
      expectObservable(hot("-(iii|)", { i }).pipe(answers, shown)).toBe("-(ooo|)", { o });
      const source = hot("-i---i-|", { i });
      expectObservable(source.pipe(answers, shown), "^--!").toBe("-o", { o });
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });

  it("sums over its sources that have a state, each times its gate, and its bias", async () => {
    const { answers, end, kernels, state, row } = answering();
    const outputs: Promise<Float32Array>[] = [];
    const answer = () =>
      marbles(({ hot }) => {
        hot("i", { i: end("inference") })
          .pipe(answers)
          .subscribe(({ output }) => {
            expect(state.outputs.get("out")).toBe(output);
            outputs.push(kernels.read(output));
          });
      });
    answer();
    state.states.set("m2", row(0, 0, 1, 1, 0, 0, 0, 0));
    state.gates.set("x->out", 0);
    answer();
    state.parameters.learned.set("out.b", {
      weights: kernels.tensor(Float32Array.of(0.5, -0.5), [2]),
      moments: null,
      steps: 0,
    });
    answer();
    expect((await Promise.all(outputs)).map((output) => [...output])).toEqual([
      [353, 353],
      [23, 23],
      [23.5, 22.5],
    ]);
  });

  it("keeps one output, and errs when a source has the wrong size", () => {
    const { answers, end, kernels, state, row } = answering();
    const live = kernels.live();
    marbles(({ hot, expectObservable }, scheduler) => {
      const i = end("inference");
      scheduler.schedule(() => state.states.set("m1", row(1)), 3);
      const result = hot("-ii-i", { i }).pipe(answers, shown);
      expectObservable(result).toBe("-oo-#", { o }, expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    });
    expect(kernels.live()).toBe(live + 1 + 1);
  });

  it("does not show the order in which its sources are described", async () => {
    const values = { huge: 2 ** 60, one: 1, minus: -(2 ** 60) };
    const sums = new Set<number>();
    for (const sources of [
      ["huge", "minus", "one"],
      ["huge", "one", "minus"],
      ["one", "minus", "huge"],
    ]) {
      const { kernels, network, state, row, end } = tickFixture({
        modules: { m: module },
        inputs: { huge: 1, one: 1, minus: 1 },
        readouts: { out: { size: 1, nonlinearity: "linear", sources } },
      });
      for (const plastic of state.parameters.learned.values()) plastic.weights = row(1);
      for (const [name, value] of Object.entries(values)) state.inputs.set(name, row(value));
      const answers = readout(kernels, network.readouts.get("out")!, readoutPathways(network, "out"));
      marbles(
        ({ hot }) =>
          void hot("i", { i: end("inference") })
            .pipe(answers)
            .subscribe(),
      );
      sums.add((await kernels.read(state.outputs.get("out")!))[0]);
    }
    expect(sums.size).toBe(1);
  });
});
