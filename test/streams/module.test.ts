import { map, type Observable, share, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { denseWeights } from "../../src/kernels/sparse-weights.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import type { StateEvent } from "../../src/streams/events.js";
import { gate } from "../../src/streams/gate.js";
import { rnnModule } from "../../src/streams/module.js";
import { pathway } from "../../src/streams/pathway.js";
import type { Tick, TickSpec } from "../../src/streams/tick.js";
import { tickBoundary } from "../../src/streams/tick-boundary.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

type Fixture = ReturnType<typeof tickFixture>;

/** m1 of the fixture's network with all that enters it, on the ticks of a boundary. */
function wired({ boundary, network }: Fixture, specs: Observable<TickSpec>) {
  const ticks = specs.pipe(tickBoundary(boundary), share());
  const entering = [...network.pathways.values()].filter(({ target }) => target.name === "m1");
  return ticks.pipe(
    rnnModule(
      network.modules.get("m1")!,
      entering.map((spec) => ticks.pipe(pathway(spec), gate())),
    ),
  );
}
const number = map(({ tick, module, phase }: StateEvent) => `${module} ${tick} ${phase}`);
const shown = { a: "m1 0 continuous", b: "m1 1 continuous", c: "m1 2 continuous" };

describe("rnnModule", () => {
  it("emits its state once on every tick that asks it to iterate, and completes with the ticks", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const fixture = tickFixture();
      const { continuous } = fixture;
      const specs = hot("-a--r--a-|", { a: continuous, r: { ...continuous, modules: new Set(["m2"]) } });
      expectObservable(wired(fixture, specs).pipe(number)).toBe("-a-----c-|", shown);
      expectSubscriptions(specs.subscriptions).toBe("^--------!");
    });
  });

  it("is empty and errs with the ticks, and errs with a pathway", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const fixture = tickFixture();
      const a = fixture.continuous;
      expectObservable(wired(fixture, cold<TickSpec>("--|"))).toBe("--|");
      expectObservable(wired(fixture, hot("-a-#", { a })).pipe(number)).toBe("-a-#", shown);
      const ticks = hot<Tick>("---");
      const broken = ticks.pipe(rnnModule(fixture.network.modules.get("m1")!, [throwError(() => "error")]));
      expectObservable(broken).toBe("#");
      expectSubscriptions(ticks.subscriptions).toBe("(^!)");
    });
  });

  it("lets go of ticks and pathways when it is unsubscribed from", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const fixture = tickFixture();
      const specs = hot("-a---a-|", { a: fixture.continuous });
      expectObservable(wired(fixture, specs).pipe(number), "^--!").toBe("-a", shown);
      expectSubscriptions(specs.subscriptions).toBe("^--!");
    });
  });

  it("makes each iteration of a burst from the state that the one before published", async () => {
    const fixture = tickFixture();
    const { kernels, state, network, row } = fixture;
    state.inputs.set("x", row(1, -0.5, 0.25));
    const states: Promise<Float32Array>[] = [];
    marbles(({ hot }) => {
      wired(fixture, hot("-(aaa|)", { a: fixture.continuous })).subscribe((event) => {
        states.push(kernels.read(event.state));
      });
    });
    const W = denseWeights(await kernels.weights(state.parameters.recurrent.get("m1")!.matrix));
    const into = await kernels.read(state.parameters.learned.get("x->m1")!.weights);
    const h: number[][] = [Array(8).fill(0)];
    for (let t = 0; t < 3; t++) {
      h.push(
        h[t].map((_, to) => {
          const recurrent = h[t].reduce((sum, value, from) => sum + value * W[from * 8 + to], 0);
          const input = to < 2 ? into[to] - 0.5 * into[2 + to] + 0.25 * into[4 + to] : 0;
          return Math.tanh(recurrent + input);
        }),
      );
    }
    expect(network.modules.get("m1")?.blocks.get("RI")).toEqual([0, 2]);
    expect(states).toHaveLength(3);
    for (const [t, found] of (await Promise.all(states)).entries()) {
      found.forEach((value, unit) => {
        expect(value).toBeCloseTo(h[t + 1][unit], 6);
      });
    }
  });

  it("makes all iterations of a phase in one tick, from zero when it restarts", async () => {
    const fixture = tickFixture();
    const { kernels, state, row, continuous } = fixture;
    state.inputs.set("x", row(1, -0.5, 0.25));
    const states: Promise<Float32Array>[] = [];
    const phase: TickSpec = { ...continuous, iterations: 2, start: "zero" };
    marbles(({ hot }) => {
      wired(fixture, hot("(aapp)", { a: continuous, p: phase })).subscribe((event) => {
        states.push(kernels.read(event.state));
      });
    });
    const [, second, third, fourth] = (await Promise.all(states)).map((h) => [...h]);
    expect(third).toEqual(second);
    expect(fourth).toEqual(second);
  });

  it("sums what several pathways carry the same, in whatever order they are given", async () => {
    // 2^60 + 1 - 2^60 is 0 or 1 even in double precision, by the order of the sum
    const sources = ["huge", "one", "minus"];
    const sums = new Set<number>();
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [2, 1, 0],
    ]) {
      const forward = order.map((i) => ({ source: sources[i], target: "m.all", id: sources[i] }));
      const description: NetworkDescriptionInput = {
        modules: { m: { neurons: 3, connectionRate: 1, activation: "linear", blocks: { all: [0, 3] } } },
        inputs: { huge: 1, one: 1, minus: 1 },
        forward,
      };
      const fixture = tickFixture(description);
      const { kernels, network, state, row, boundary, continuous } = fixture;
      const ones = kernels.tensor(Float32Array.of(1, 1, 1), [1, 3]);
      for (const plastic of state.parameters.learned.values()) plastic.weights = ones;
      state.inputs
        .set("huge", row(2 ** 60))
        .set("one", row(1))
        .set("minus", row(-(2 ** 60)));
      marbles(({ hot }) => {
        const ticks = hot("-a", { a: continuous }).pipe(tickBoundary(boundary), share());
        const carried = [...network.pathways.values()].map((spec) => ticks.pipe(pathway(spec), gate()));
        ticks.pipe(rnnModule(network.modules.get("m")!, carried)).subscribe();
      });
      sums.add((await kernels.read(state.states.get("m")!))[0]);
    }
    expect(sums.size).toBe(1);
  });
});
