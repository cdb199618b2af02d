import { map } from "rxjs";
import { describe, it } from "vitest";
import type { ErrorEvent, StateEvent } from "../../src/streams/events.js";
import { moduleError } from "../../src/streams/module-error.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

const { state, row } = tickFixture();
const h = row(1);
const e = row(2);
const event = (tick: number, module = "m1"): StateEvent => ({
  kind: "state",
  tick,
  phase: "continuous",
  module,
  state: h,
  drive: h,
  report: null,
});
const states = { a: event(0), b: event(1), c: event(2), m: event(1, "m2") };
const shown = map(({ kind, tick, module, error }: ErrorEvent) => [kind, tick, module, error === e]);
const errors = {
  a: ["error", 0, "m1", true],
  b: ["error", 1, "m1", true],
  c: ["error", 2, "m1", true],
};

describe("moduleError", () => {
  it("emits after each state for which an error was published", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      state.errors.clear();
      scheduler.schedule(() => state.errors.set("m1", e), 2);
      scheduler.schedule(() => state.errors.delete("m1"), 6);
      const source = hot("-a-b-m-c|", states);
      expectObservable(source.pipe(moduleError(state), shown)).toBe("---b----|", errors);
      expectSubscriptions(source.subscriptions).toBe("^-------!");
    });
  });

  it("is empty, errs, ends early and bursts with its source", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      state.errors.set("m1", e);
      expectObservable(cold<StateEvent>("-|").pipe(moduleError(state))).toBe("-|");
      expectObservable(hot("-a-#", states).pipe(moduleError(state), shown)).toBe("-a-#", errors);
      expectObservable(hot("-(abc|)", states).pipe(moduleError(state), shown)).toBe("-(abc|)", errors);
      const source = hot("-a---b-|", states);
      expectObservable(source.pipe(moduleError(state), shown), "^--!").toBe("-a", errors);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });
});
