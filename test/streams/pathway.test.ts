import { map } from "rxjs";
import { describe, expect, it } from "vitest";
import { type Carried, pathway } from "../../src/streams/pathway.js";
import type { Tick } from "../../src/streams/tick.js";
import { marbles } from "./marbles.js";
import { tickFixture, twoModules } from "./tick-fixture.js";

/** Two modules at rest with signals of which every number tells where it comes from. */
function withSignals(delay = 1) {
  const [first, second] = twoModules.forward ?? [];
  const fixture = tickFixture({ ...twoModules, forward: [first, { ...second, delay }] });
  const { state, row } = fixture;
  state.inputs.set("x", row(1, 2, 3));
  state.states.set("m1", row(...Array(8).fill(11)));
  state.held.set("m1", row(...Array(8).fill(12)));
  state.errors.set("m2", row(...Array(8).fill(21)));
  state.outputErrors.set("out", row(31, 32));
  return { ...fixture, spec: (id: string) => fixture.network.pathways.get(id)! };
}

const term = map(({ term }: Carried) => term);
/** What is carried, by the first number of its source. */
const first = async ({ kernels }: ReturnType<typeof withSignals>, carried: Carried) =>
  carried.term && (await kernels.read(carried.term.source))[0];

function emitted(tick: Tick, spec: Parameters<typeof pathway>[0]): Carried {
  const seen: Carried[] = [];
  marbles(({ hot, expectObservable }) => {
    const result = hot("a", { a: tick }).pipe(pathway(spec));
    result.subscribe((carried) => seen.push(carried));
    expectObservable(result.pipe(map((carried) => carried.tick.tick))).toBe("a", { a: tick.tick });
  });
  expect(seen).toHaveLength(1);
  return seen[0];
}

describe("pathway", () => {
  it("answers every tick once, completes with the ticks and lets go of them", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { tick, spec } = withSignals();
      const ticks = { a: tick(0), b: tick(1) };
      const source = hot("-a--b--|", ticks);
      const answered = source.pipe(
        pathway(spec("x->m1")),
        map((carried) => [carried.tick.tick, carried.pathway.id]),
      );
      expectObservable(answered).toBe("-a--b--|", { a: [0, "x->m1"], b: [1, "x->m1"] });
      expectSubscriptions(source.subscriptions).toBe("^------!");
    });
  });

  it("is empty, errs, ends early and bursts with the ticks", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const { tick, spec } = withSignals();
      const [a, b, c] = [tick(0), tick(1), tick(2)];
      const ids = map((carried: Carried) => carried.tick.tick);
      const carries = pathway(spec("x->m1"));
      const numbers = { a: 0, b: 1, c: 2 };
      expectObservable(cold<Tick>("---|").pipe(carries)).toBe("---|");
      expectObservable(hot("-a-#", { a }).pipe(carries, ids)).toBe("-a-#", numbers);
      const source = hot("-a-b-|", { a, b });
      expectObservable(source.pipe(carries, ids), "^-!").toBe("-a", numbers);
      expectSubscriptions(source.subscriptions).toBe("^-!");
      expectObservable(hot("-(abc|)", { a, b, c }).pipe(carries, ids)).toBe("-(abc|)", numbers);
    });
  });

  it("carries inputs and states forward as they are", () => {
    const fixture = withSignals();
    const { tick, spec, kernels, state, row } = fixture;
    const carried = emitted(tick(0, { forward: "state" }), spec("m1->m2"));
    expect(carried.term).toEqual({
      source: row(...Array(8).fill(11)),
      block: [2, 4],
      weights: state.parameters.learned.get("m1->m2")?.weights,
      transposed: false,
      scale: 1,
      target: [0, 2],
    });
    expect(emitted(tick(0), spec("x->m1")).term).toMatchObject({ source: row(1, 2, 3), block: [0, 3] });
    kernels.close();
  });

  it("carries z while errors perturb its source, when the tick asks for held states", async () => {
    const fixture = withSignals();
    const { tick, spec, state } = fixture;
    expect(await first(fixture, emitted(tick(0, { forward: "held" }), spec("m1->m2")))).toBe(12);
    expect(await first(fixture, emitted(tick(0, { forward: "state" }), spec("m1->m2")))).toBe(11);
    state.held.clear();
    expect(await first(fixture, emitted(tick(0, { forward: "held" }), spec("m1->m2")))).toBe(11);
  });

  it("carries errors back, times -beta", async () => {
    const fixture = withSignals();
    const { tick, spec, state } = fixture;
    const fromModule = emitted(tick(0), spec("error(m2)->m1"));
    expect([await first(fixture, fromModule), fromModule.term?.scale]).toEqual([21, -0.5]);
    state.beta = 2;
    const fromReadout = emitted(tick(0), spec("error(out)->m2"));
    expect([await first(fixture, fromReadout), fromReadout.term?.scale]).toEqual([31, -2]);
  });

  it("carries nothing when the tick asks for nothing, its target rests or its source has nothing", () => {
    marbles(({ hot, expectObservable }) => {
      const { tick, spec, state } = withSignals();
      const forward = hot("ab", {
        a: tick(0, { forward: "nothing" }),
        b: tick(1, { modules: new Set(["m1"]) }),
      });
      expectObservable(forward.pipe(pathway(spec("m1->m2")), term)).toBe("aa", { a: null });
      const backward = hot("a", { a: tick(0, { error: "nothing" }) });
      expectObservable(backward.pipe(pathway(spec("error(m2)->m1")), term)).toBe("a", { a: null });
      state.inputs.clear();
      expectObservable(hot("a", { a: tick(0) }).pipe(pathway(spec("x->m1")), term)).toBe("a", { a: null });
    });
  });

  it("with a delay carries what was published so many ticks before, and nothing before that", async () => {
    const fixture = withSignals(3);
    const { tick, spec, state, row } = fixture;
    const published = (value: number) => ({
      ...state,
      held: new Map(),
      states: new Map([["m1", row(value)]]),
    });
    const at = (number: number) => first(fixture, emitted(tick(number), spec("m1->m2")));
    expect(await at(0)).toBe(null);
    state.past = [published(7)];
    expect(await at(1)).toBe(null);
    state.past = [published(8), published(7)];
    expect(await at(2)).toBe(7);
  });
});
