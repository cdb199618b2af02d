import { map } from "rxjs";
import { describe, it } from "vitest";
import { gate } from "../../src/streams/gate.js";
import type { Carried } from "../../src/streams/pathway.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

const { network, state, tick, row } = tickFixture();
const pathway = network.pathways.get("error(out)->m2")!;
const source = row(1, 2);
const carried = (number: number, scale: number | null): Carried => ({
  tick: tick(number),
  pathway,
  term:
    scale === null
      ? null
      : { source, block: [0, 2], weights: source, transposed: false, scale, target: [4, 6] },
});
const shown = map(({ tick, term }: Carried) => [tick.tick, term?.scale ?? null]);

describe("gate", () => {
  it("multiplies what the pathway carries by its value in that tick", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const values = hot("-a-b-c-d-|", {
        a: carried(0, -2),
        b: carried(1, -2),
        c: carried(2, -2),
        d: carried(3, null),
      });
      state.gates.set(pathway.id, 1);
      scheduler.schedule(() => state.gates.set(pathway.id, 0.25), 2);
      scheduler.schedule(() => state.gates.set(pathway.id, 0), 4);
      scheduler.schedule(() => state.gates.set(pathway.id, 0.5), 6);
      expectObservable(values.pipe(gate(), shown)).toBe("-a-b-c-d-|", {
        a: [0, -2],
        b: [1, -0.5],
        c: [2, null],
        d: [3, null],
      });
      expectSubscriptions(values.subscriptions).toBe("^--------!");
    });
  });

  it("is as the description says when nobody has set it", () => {
    marbles(({ hot, expectObservable }) => {
      state.gates.delete(pathway.id);
      const half = { ...carried(0, 4), pathway: { ...pathway, gate: 0.5 } };
      expectObservable(hot("a", { a: half }).pipe(gate(), shown)).toBe("a", { a: [0, 2] });
    });
  });

  it("is empty, errs, ends early and bursts with its source", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      state.gates.set(pathway.id, 0.5);
      const values = { a: carried(0, 2), b: carried(1, 4) };
      const halves = { a: [0, 1], b: [1, 2] };
      expectObservable(cold<Carried>("--|").pipe(gate())).toBe("--|");
      expectObservable(hot("-a-#", values).pipe(gate(), shown)).toBe("-a-#", halves);
      expectObservable(hot("-(ab|)", values).pipe(gate(), shown)).toBe("-(ab|)", halves);
      const source = hot("-a---b-|", values);
      expectObservable(source.pipe(gate(), shown), "^--!").toBe("-a-", halves);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });
});
