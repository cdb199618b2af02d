import { NEVER, of, Subject, take } from "rxjs";
import type { TestScheduler } from "rxjs/testing";
import { describe, expect, it } from "vitest";
import { clock, type Pace, type Timer } from "../../src/streams/clock.js";
import { marbles } from "./marbles.js";

/** The scheduler's virtual time, of which computing takes none. */
const virtualTimer = (scheduler: TestScheduler): Timer => {
  const after = (ms: number, work: () => void) => {
    const action = scheduler.schedule(work, ms);
    return () => action.unsubscribe();
  };
  return { now: () => scheduler.now(), after, soon: (work) => after(0, work) };
};

/** Time that moves only when told to; work waits in a list. */
function manualTimer() {
  let time = 0;
  let waiting: { at: number; work: () => void }[] = [];
  const after = (ms: number, work: () => void) => {
    const entry = { at: time + ms, work };
    waiting.push(entry);
    return () => {
      waiting = waiting.filter((other) => other !== entry);
    };
  };
  const timer: Timer = { now: () => time, after, soon: (work) => after(0, work) };
  return {
    timer,
    /** computing takes so long */
    spend(ms: number) {
      time += ms;
    },
    /** Does the next piece of work, later if need be. @returns how long it waited */
    next() {
      const due = waiting.reduce((first, entry) => (entry.at < first.at ? entry : first));
      waiting = waiting.filter((entry) => entry !== due);
      const waited = Math.max(0, due.at - time);
      time += waited;
      due.work();
      return waited;
    },
    waiting: () => waiting.length,
  };
}

const paces: Record<string, Pace> = {
  s: { mode: "step", ticks: 3 },
  o: { mode: "step", ticks: 1 },
  z: { mode: "step", ticks: 0 },
  r: { mode: "run", ticksPerSecond: 200 },
  f: { mode: "run", ticksPerSecond: 500 },
  p: { mode: "paused" },
};
const pulse = { x: undefined };
const resolved = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("clock", () => {
  it("makes the ticks of a step at once, then pauses", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const pace = hot<Pace>("--s-------o--z--|", paces);
      const pulses = clock(pace, { timer: virtualTimer(scheduler) });
      expectObservable(pulses).toBe("--(xxx)---x-----|", pulse);
      expectSubscriptions(pace.subscriptions).toBe("^---------------!");
    });
  });

  it("pulses at its rate from the moment it is set until the next pace takes its place", () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const pace = hot<Pace>("-r-----------f----p--------o|", paces);
      const pulses = clock(pace, { timer: virtualTimer(scheduler) });
      // at 6 and 11 by 200/s; from 13 on by 500/s
      expectObservable(pulses).toBe("-x----x----x-x-x-x---------x|", pulse);
    });
  });

  it("completes when the paces have and the last is worked off", () => {
    marbles(({ hot, cold, expectObservable }, scheduler) => {
      const timer = virtualTimer(scheduler);
      expectObservable(clock(cold<Pace>("|"), { timer })).toBe("|");
      expectObservable(clock(hot<Pace>("-p-|", paces), { timer })).toBe("---|");
      expectObservable(clock(hot<Pace>("-(o|)", paces), { timer })).toBe("-(x|)", pulse);
    });
  });

  it("errs with its paces", () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const pulses = clock(hot<Pace>("-r---#", paces), { timer: virtualTimer(scheduler) });
      expectObservable(pulses).toBe("-x---#", pulse);
    });
  });

  it("stops and lets go of its paces when it is unsubscribed from", () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const pace = hot<Pace>("-r----------|", paces);
      const pulses = clock(pace, { timer: virtualTimer(scheduler) });
      expectObservable(pulses, "^------!").toBe("-x----x-", pulse);
      expectSubscriptions(pace.subscriptions).toBe("^------!");
    });
  });

  it("of a burst of paces keeps the last", () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const pace = hot<Pace>("-(rsso)---|", paces);
      expectObservable(clock(pace, { timer: virtualTimer(scheduler) })).toBe("-x--------|", pulse);
    });
  });

  it("takes its work back from the timer when it is unsubscribed from", () => {
    const { timer, next, waiting } = manualTimer();
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: 100 }), { timer }).subscribe();
    next();
    expect(waiting()).toBe(1);
    running.unsubscribe();
    expect(waiting()).toBe(0);
  });

  it("as fast as possible makes no more than a burst before other work has its turn", () => {
    const { timer, next, spend } = manualTimer();
    let made = 0;
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: null }), { timer }).subscribe(() => {
      made += 1;
      spend(3);
    });
    next();
    expect(made).toBe(3);
    next();
    expect(made).toBe(6);
    running.unsubscribe();
  });

  it("makes up for a little lost time, but gives up what is more than a second", () => {
    const { timer, next, spend } = manualTimer();
    const times: number[] = [];
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: 100 }), { timer }).subscribe(() => {
      times.push(timer.now());
      if (times.length === 2) spend(25);
      if (times.length === 6) spend(5000);
    });
    while (times.length < 8) next();
    running.unsubscribe();
    // 10 + 25: the pulses of 20 and 30 come at once; then the 5,050th millisecond begins a new count
    expect(times).toEqual([0, 10, 35, 35, 40, 50, 5050, 5060]);
  });

  it("tells of pulses that come more than a period after they were due", () => {
    const { timer, next, spend } = manualTimer();
    const told: number[] = [];
    let made = 0;
    const options = { timer, late: () => told.push(made) };
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: 100 }), options).subscribe(() => {
      made += 1;
      if (made === 2) spend(20);
      if (made === 5) spend(35);
      if (made === 9) spend(5000);
    });
    while (made < 12) next();
    running.unsubscribe();
    // 10 + 20: 10 ms late, and no more; 40 + 35: 25, 15 and 5 ms late; then far behind, whose count begins anew
    expect(told).toEqual([5, 6, 9]);
  });

  it("as fast as possible is never late", () => {
    const { timer, next, spend } = manualTimer();
    let made = 0;
    const late = () => expect.unreachable();
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: null }), { timer, late }).subscribe(() => {
      made += 1;
      spend(50);
    });
    while (made < 5) next();
    running.unsubscribe();
  });

  it("waits for what holds it before each pulse", async () => {
    const { timer, next, waiting } = manualTimer();
    const held = new Subject<void>();
    let made = 0;
    const hold = () => (made === 2 ? new Promise<void>((resolve) => held.subscribe(() => resolve())) : null);
    let completed = false;
    clock(of<Pace>({ mode: "step", ticks: 4 }), { timer, hold }).subscribe({
      next: () => {
        made += 1;
      },
      complete: () => {
        completed = true;
      },
    });
    next();
    expect([made, waiting()]).toEqual([2, 0]);
    await resolved();
    expect(made).toBe(2);
    held.next();
    await resolved();
    expect([made, completed]).toEqual([4, true]);
  });

  it("gives other work its turn although what holds it is always ready", async () => {
    const { timer, spend, next, waiting } = manualTimer();
    let made = 0;
    const running = clock(of<Pace>({ mode: "run", ticksPerSecond: null }), {
      timer,
      hold: () => Promise.resolve(),
    }).subscribe(() => {
      made += 1;
      spend(3);
    });
    next();
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(made).toBeGreaterThan(1);
    expect(made).toBeLessThan(6);
    expect(waiting()).toBe(1);
    running.unsubscribe();
  });

  it("a change of pace does not get round what holds it", async () => {
    const { timer, next } = manualTimer();
    const pace = new Subject<Pace>();
    let release = () => {};
    const read = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reading = false;
    let made = 0;
    const running = clock(pace, { timer, hold: () => (reading ? read : null) }).subscribe(() => {
      made += 1;
      reading = true;
    });
    pace.next({ mode: "step", ticks: 5 });
    next();
    expect(made).toBe(1);
    pace.next({ mode: "step", ticks: 1 });
    next();
    await resolved();
    expect(made).toBe(1);
    reading = false;
    release();
    await resolved();
    expect(made).toBe(2);
    running.unsubscribe();
  });

  it("errs with what holds it", async () => {
    const { timer, next } = manualTimer();
    const errors: unknown[] = [];
    const lost = new Error("device lost");
    clock(of<Pace>({ mode: "step", ticks: 2 }), { timer, hold: () => Promise.reject(lost) }).subscribe({
      error: (error) => errors.push(error),
    });
    next();
    await resolved();
    expect(errors).toEqual([lost]);
  });

  it("stays silent when it is unsubscribed from while it is held", async () => {
    const { timer, next } = manualTimer();
    let release = () => {};
    const hold = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    let made = 0;
    const running = clock(of<Pace>({ mode: "step", ticks: 2 }), { timer, hold }).subscribe(() => {
      made += 1;
    });
    next();
    running.unsubscribe();
    release();
    await resolved();
    expect(made).toBe(0);
  });

  it("keeps the machine's time by default", async () => {
    const made = await new Promise<number>((resolve) => {
      let count = 0;
      clock(of<Pace>({ mode: "run", ticksPerSecond: 1000 }))
        .pipe(take(3))
        .subscribe({
          next: () => {
            count += 1;
          },
          complete: () => resolve(count),
        });
    });
    expect(made).toBe(3);
    expect(() => clock(NEVER).subscribe().unsubscribe()).not.toThrow();
  });
});
