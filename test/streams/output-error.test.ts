import { map } from "rxjs";
import { describe, expect, it } from "vitest";
import type { OutputErrorEvent, OutputEvent } from "../../src/streams/events.js";
import { outputError } from "../../src/streams/output-error.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

const { kernels, state, row } = tickFixture();
const output = (tick: number, readout = "out"): OutputEvent => ({
  kind: "output",
  tick,
  readout,
  trial: 0,
  output: row(tick, 0.5),
});
const outputs = { a: output(0), b: output(1), c: output(2), n: output(1, "other") };
const shown = map(({ kind, tick, readout }: OutputErrorEvent) => `${kind} ${readout} ${tick}`);
const errors = { a: "outputError out 0", b: "outputError out 1", c: "outputError out 2" };

describe("outputError", () => {
  it("emits for each output that has a target, and completes with its source", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      state.targets.clear();
      scheduler.schedule(() => state.targets.set("out", row(1, 1)), 2);
      scheduler.schedule(() => state.targets.delete("out"), 6);
      const source = hot("-a-b-n-c|", outputs);
      expectObservable(source.pipe(outputError(kernels, state), shown)).toBe("---b----|", errors);
      expectSubscriptions(source.subscriptions).toBe("^-------!");
    });
  });

  it("is empty, errs, ends early and bursts with its source", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      state.targets.set("out", row(1, 1));
      const compared = outputError(kernels, state);
      expectObservable(cold<OutputEvent>("-|").pipe(compared)).toBe("-|");
      expectObservable(hot("-a-#", outputs).pipe(compared, shown)).toBe("-a-#", errors);
      expectObservable(hot("-(abc|)", outputs).pipe(compared, shown)).toBe("-(abc|)", errors);
      const source = hot("-a---b-|", outputs);
      expectObservable(source.pipe(compared, shown), "^--!").toBe("-a", errors);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });

  it("is output minus target, and belongs to whoever takes it", async () => {
    state.targets.set("out", row(1, 0.75));
    const live = kernels.live();
    const taken: OutputErrorEvent[] = [];
    marbles(({ hot }) => {
      hot("-c", outputs)
        .pipe(outputError(kernels, state))
        .subscribe((event) => taken.push(event));
    });
    expect(kernels.live()).toBe(live + 1);
    expect([...(await kernels.read(taken[0].error))]).toEqual([1, -0.25]);
    kernels.dispose(taken[0].error);
    expect(kernels.live()).toBe(live);
  });

  it("errs when output and target differ in size", () => {
    marbles(({ hot, expectObservable }) => {
      state.targets.set("out", row(1));
      const compared = hot("-a-b", outputs).pipe(outputError(kernels, state));
      expectObservable(compared).toBe("-#", {}, expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    });
  });
});
