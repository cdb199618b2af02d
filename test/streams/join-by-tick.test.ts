import { filter, map, Subject, share, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { type Joined, joinByTick, type OfTick } from "../../src/streams/join-by-tick.js";
import type { Tick } from "../../src/streams/tick.js";
import { marbles } from "./marbles.js";
import { tickFixture } from "./tick-fixture.js";

interface Answer extends OfTick {
  readonly from: string;
}

const { tick } = tickFixture();
const ticks: Record<string, Tick> = { a: tick(0), b: tick(1), c: tick(2) };
const answers = (from: string): Record<string, Answer> => ({
  a: { tick: ticks.a, from },
  b: { tick: ticks.b, from },
  c: { tick: ticks.c, from },
});
const shown = map(({ tick, answers }: Joined<Answer>) => [tick.tick, ...answers.map(({ from }) => from)]);
const joined = { a: [0, "p", "q"], b: [1, "p", "q"], c: [2, "p", "q"] };

describe("joinByTick", () => {
  it("joins by tick whatever the order of arrival, the answers in the order of the inputs", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("   a----b----c---|", ticks);
      const first = hot("    -a----b--c----|", answers("p"));
      const second = hot("   --a-b--c------|", answers("q"));
      const result = joinByTick(source, [first, second]).pipe(shown);
      // c: both answers have come before the tick itself
      expectObservable(result).toBe("--a---b---c---|", joined);
      for (const { subscriptions } of [source, first, second]) {
        expectSubscriptions(subscriptions).toBe("^-------------!");
      }
    });
  });

  it("emits every tick when there is nothing to join it with", () => {
    marbles(({ hot, expectObservable }) => {
      const result = joinByTick(hot("-a-(bc)-|", ticks), []).pipe(map(({ tick }) => tick.tick));
      expectObservable(result).toBe("-a-(bc)-|", { a: 0, b: 1, c: 2 });
    });
  });

  it("completes with the ticks, however its inputs end", () => {
    marbles(({ hot, cold, expectObservable }) => {
      expectObservable(joinByTick(cold("|", ticks), [hot("---|", answers("p"))])).toBe("|");
      const early = joinByTick(hot("a---|", ticks), [hot("a-|", answers("p"))]).pipe(shown);
      expectObservable(early).toBe("a---|", { a: [0, "p"] });
    });
  });

  it("errs with the ticks and with any input, and lets go of the others", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const input = hot("-a---b--", answers("p"));
      expectObservable(joinByTick(hot("a---#", ticks), [input]).pipe(shown)).toBe("-a--#", { a: [0, "p"] });
      expectSubscriptions(input.subscriptions).toBe("^---!");
      const source = hot("a----b--", ticks);
      const broken = joinByTick(source, [hot<Answer>("--#"), hot("-a---b", answers("q"))]);
      expectObservable(broken).toBe("--#");
      expectSubscriptions(source.subscriptions).toBe("^-!");
      expectObservable(joinByTick(hot("a", ticks), [throwError(() => "error")])).toBe("#");
    });
  });

  it("lets go of everything when it is unsubscribed from", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("a----b----|", ticks);
      const input = hot(" -a----b---|", answers("p"));
      expectObservable(joinByTick(source, [input]).pipe(shown), "^---!").toBe("-a---", { a: [0, "p"] });
      expectSubscriptions(source.subscriptions).toBe("^---!");
      expectSubscriptions(input.subscriptions).toBe("^---!");
    });
  });

  it("shows no mixed pair in a burst", () => {
    marbles(({ hot, expectObservable }) => {
      const source = hot("--(abc|)", ticks).pipe(share());
      const answer = (from: string) => source.pipe(map((tick): Answer => ({ tick, from })));
      expectObservable(joinByTick(source, [answer("p"), answer("q")]).pipe(shown)).toBe("--(abc|)", joined);
    });
  });

  it.each([1, 2])("an input that skips a tick makes it err, with %i inputs", (count) => {
    const source = new Subject<Tick>();
    const skips = source.pipe(
      filter((tick) => tick !== ticks.b),
      map((tick): Answer => ({ tick, from: "p" })),
    );
    const errors: Error[] = [];
    const seen: number[] = [];
    joinByTick(source, Array(count).fill(skips)).subscribe({
      next: ({ tick }) => seen.push(tick.tick),
      error: (error: Error) => errors.push(error),
    });
    for (const tick of Object.values(ticks)) source.next(tick);
    expect(seen).toEqual([0]);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining("tick 1 ended")]);
    expect(source.observed).toBe(false);
  });

  it.each([1, 2])("an answer to a tick that is over makes it err, with %i inputs", (count) => {
    const source = new Subject<Tick>();
    const inputs = Array.from({ length: count }, () => new Subject<Answer>());
    const errors: Error[] = [];
    joinByTick(source, inputs).subscribe({ error: (error: Error) => errors.push(error) });
    for (const name of ["a", "b"]) {
      source.next(ticks[name]);
      for (const input of inputs) input.next(answers("p")[name]);
    }
    inputs[0].next(answers("p").a);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining("tick 0 is over")]);
    expect(inputs.some(({ observed }) => observed)).toBe(false);
  });

  it("a second answer in one tick makes it err: it is never emitted twice", () => {
    const source = new Subject<Tick>();
    const input = new Subject<Answer>();
    const seen: number[] = [];
    const errors: unknown[] = [];
    joinByTick(source, [input]).subscribe({
      next: ({ tick }) => seen.push(tick.tick),
      error: (error) => errors.push(error),
    });
    source.next(ticks.a);
    input.next(answers("p").a);
    input.next(answers("p").a);
    expect([seen, errors.length]).toEqual([[0], 1]);
  });
});
