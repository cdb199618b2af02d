import { map } from "rxjs";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import type { Tick, TickSpec } from "../../src/streams/tick.js";
import { tickBoundary } from "../../src/streams/tick-boundary.js";
import type { QueuedEvent } from "../../src/streams/tick-queue.js";
import { marbles } from "./marbles.js";
import { tickFixture, twoModules } from "./tick-fixture.js";

const number = map(({ tick }: Tick) => tick);
const nothing = { inputs: [], others: [] };
const numbers = { a: 0, b: 1, c: 2 };
const gate = (value: number): QueuedEvent => ({ kind: "gate", key: "x->m1", gate: value });

describe("tickBoundary", () => {
  it("emits one tick for each specification, in the state and with a plan of its own", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { boundary, continuous, state } = tickFixture();
      const specs = hot("-a--b-|", { a: continuous, b: { ...continuous, iterations: 4 } });
      const seen = specs.pipe(
        tickBoundary(boundary),
        map((tick) => [tick.tick, tick.iterations, tick.state === state]),
      );
      expectObservable(seen).toBe("-a--b-|", { a: [0, 1, true], b: [1, 4, true] });
      expectSubscriptions(specs.subscriptions).toBe("^-----!");
    });
  });

  it("is empty, errs, ends early and bursts with the specifications", () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const { boundary, continuous: a } = tickFixture();
      const ticked = (source: ReturnType<typeof hot<TickSpec>>) =>
        source.pipe(tickBoundary({ ...boundary, state: tickFixture().state }), number);
      expectObservable(cold<TickSpec>("-|").pipe(tickBoundary(boundary))).toBe("-|");
      expectObservable(ticked(hot("-a-#", { a }))).toBe("-a-#", numbers);
      expectObservable(ticked(hot("-(aaa|)", { a }))).toBe("-(abc|)", numbers);
      const source = hot("-a--a-|", { a });
      expectObservable(ticked(source), "^--!").toBe("-a", numbers);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    });
  });

  it("works the queue off first; what is pushed meanwhile waits for the next boundary", () => {
    marbles(({ hot, expectObservable }) => {
      const { boundary, continuous } = tickFixture();
      const { queue } = boundary;
      const applied: unknown[] = [];
      const apply = (event: QueuedEvent) => {
        applied.push(event.kind === "gate" && event.gate);
        if (applied.length === 1) queue.push(gate(0.75));
      };
      queue.push(gate(0.5));
      const seen = hot("-a-a-a", { a: continuous }).pipe(
        tickBoundary({ ...boundary, apply }),
        map(() => [...applied]),
      );
      expectObservable(seen).toBe("-a-b-b", { a: [0.5], b: [0.5, 0.75] });
    });
  });

  it("publishes what the plan gave before anyone hears of it, and counts the tick", async () => {
    const { boundary, continuous, kernels, network, state } = tickFixture();
    const m1 = network.modules.get("m1")!;
    const source = kernels.tensor(Float32Array.of(1), [1, 1]);
    const weights = kernels.tensor(Float32Array.of(0.5), [1, 1]);
    const term = { source, block: [0, 1], weights, scale: 1, target: [0, 1] } as const;
    const heard: unknown[] = [];
    marbles(({ hot }) => {
      hot("-a", { a: continuous })
        .pipe(tickBoundary(boundary))
        .subscribe(({ tick, plan }) =>
          plan.iterate(m1, { inputs: [term], others: [] }, (result) => {
            heard.push(tick, state.tick, state.states.get("m1") === result.state);
            heard.push(state.drives.get("m1") === result.drive);
          }),
        );
    });
    expect(heard).toEqual([0, 1, true, true]);
    const h = await kernels.read(state.states.get("m1")!);
    expect([...h]).toEqual([Math.fround(Math.tanh(0.5)), 0, 0, 0, 0, 0, 0, 0]);
  });

  it("publishes the error of a module whose z is kept, once errors are asked for", async () => {
    const { boundary, continuous, kernels, network, state, row } = tickFixture();
    const m1 = network.modules.get("m1")!;
    state.held.set("m1", row(...Array(8).fill(0.25)));
    const errors: unknown[] = [];
    marbles(({ hot }) => {
      hot<TickSpec>("-a-b", { a: { ...continuous, error: "nothing" }, b: continuous })
        .pipe(tickBoundary(boundary))
        .subscribe(({ plan }) => plan.iterate(m1, nothing, () => errors.push(state.errors.get("m1"))));
    });
    expect(errors[0]).toBe(undefined);
    // at rest without a drive h = 0, so e = z
    expect([...(await kernels.read(state.errors.get("m1")!))]).toEqual(Array(8).fill(0.25));
  });

  it("remembers as many ticks as the longest delay needs, and frees what is older", () => {
    const [first, second] = twoModules.forward ?? [];
    const delayed = tickFixture({ ...twoModules, forward: [first, { ...second, delay: 4 }] });
    const { boundary, continuous, kernels, network, state, row } = delayed;
    const remembered: (readonly (number | undefined)[])[] = [];
    // not at rest: a module that rests publishes the same handle again
    state.states.set("m1", row(...Array(8).fill(0.9)));
    const before = kernels.live();
    const published = [state.states.get("m1")];
    marbles(({ hot }) => {
      hot("-(aaaaaaaa)", { a: continuous })
        .pipe(tickBoundary(boundary))
        .subscribe(({ plan }) =>
          plan.iterate(network.modules.get("m1")!, nothing, ({ state: h }) => {
            remembered.push(state.past.map((signals) => published.indexOf(signals.states.get("m1"))));
            published.push(h);
          }),
        );
    });
    expect(remembered.slice(0, 5)).toEqual([[0], [1, 0], [2, 1, 0], [3, 2, 1], [4, 3, 2]]);
    // three states of before, and what drove the last iteration
    expect(kernels.live()).toBe(before + 3 + 1);
  });

  it("errs when the plan or a queued event fails, and is over", () => {
    const failing: ((fixture: ReturnType<typeof tickFixture>) => Partial<{ apply(): void }>)[] = [
      ({ boundary }) => {
        boundary.queue.push(gate(0.5));
        return {
          apply() {
            throw new EddyError("INVALID_ARGUMENT", "no such gate");
          },
        };
      },
      ({ state, row }) => {
        state.states.set("m1", row(1, 2, 3));
        return {};
      },
    ];
    for (const [i, make] of failing.entries()) {
      const fixture = tickFixture();
      const { boundary, continuous, network } = fixture;
      const errors: unknown[] = [];
      const more = make(fixture);
      marbles(({ hot, expectSubscriptions }) => {
        const specs = hot("-a-a|", { a: continuous });
        specs.pipe(tickBoundary({ ...boundary, ...more })).subscribe({
          next: ({ plan }) => plan.iterate(network.modules.get("m1")!, nothing, () => {}),
          error: (error) => errors.push(error),
        });
        expectSubscriptions(specs.subscriptions).toBe("^!");
      });
      expect(errors).toEqual([expect.objectContaining({ code: ["INVALID_ARGUMENT", "SHAPE_MISMATCH"][i] })]);
    }
  });
});
