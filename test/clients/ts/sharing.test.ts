import { connect } from "eddy/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventually, running } from "./running.js";

describe("watches", () => {
  it("of the same are one at the server, and end with the last who watches", async () => {
    const { client, watched } = await running({ paused: true });
    const run = await client();
    const seen: number[][] = [[], [], []];
    const options = { units: { start: 0, end: 4, every: 1 } };
    const subscriptions = seen.map((ticks) =>
      run.watch("state/m1", options).subscribe(({ tick }) => ticks.push(tick)),
    );
    await run.step(1);
    await eventually(() => seen).toEqual([[0], [0], [0]]);
    expect(watched.now()).toBe(1);
    subscriptions[0].unsubscribe();
    subscriptions[1].unsubscribe();
    await run.step(1);
    await eventually(() => seen).toEqual([[0], [0], [0, 1]]);
    // who comes late gets the last frame
    const late: number[] = [];
    run.watch("state/m1", options).subscribe(({ tick, gap }) => late.push(tick, gap === "none" ? 0 : 1));
    expect(late).toEqual([1, 0]);
    run.close();
    await eventually(() => watched.now()).toBe(0);
  });

  it("leave nothing behind at the server, though it takes no more requests for a while", async () => {
    const limits = { requestsPerSecondMax: 2, requestsBurstMax: 2 };
    const { client, watched } = await running({ paused: true }, { limits });
    const run = await client();
    const watches = (["state/m1", "state/m2"] as const).map((topic) => run.watch(topic).subscribe());
    await eventually(() => watched.now()).toBe(2);
    for (const watch of watches) watch.unsubscribe();
    await eventually(() => watched.now()).toBe(0);
  });

  it("leave nothing behind at the server, in whatever order they begin, end and are cut", async () => {
    // after a cut the server keeps channels for a while
    const { client, cable, watched } = await running({}, { limits: { keptMs: 300 } });
    const run = await client({ retryMs: () => 1 });
    const topics = ["state/m1", "state/m2", "metrics/gabor"] as const;
    const move = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ topic: fc.constantFrom(...topics), every: fc.constantFrom(undefined, 1) }),
      },
      { weight: 6, arbitrary: fc.record({ end: fc.nat({ max: 5 }) }) },
      { weight: 3, arbitrary: fc.record({ waitMs: fc.nat({ max: 15 }) }) },
      { weight: 1, arbitrary: fc.constant("cut" as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
        const open: { unsubscribe(): void }[] = [];
        const errors: unknown[] = [];
        for (const step of moves) {
          if (step === "cut") cable.cut();
          else if ("topic" in step) {
            const { topic, every } = step;
            const options = every === undefined ? {} : { every };
            open.push(run.watch(topic, options).subscribe({ error: (error) => errors.push(error) }));
          } else if ("end" in step) open.splice(step.end, 1)[0]?.unsubscribe();
          else await new Promise((resolve) => setTimeout(resolve, step.waitMs));
        }
        for (const topic of topics) {
          const came = new Promise<void>((resolve, reject) => {
            open.push(run.watch(topic).subscribe({ next: () => resolve(), error: reject }));
          });
          await came;
        }
        for (const subscription of open) subscription.unsubscribe();
        expect(errors).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
    run.close();
    await eventually(() => watched.now()).toBe(0);
  });

  it("and connections leave no timer and no socket behind, however many there were", async () => {
    const { address, watched } = await running({ paused: true });
    const resources = () =>
      process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|TCP/.test(name)).length;
    const cycle = async () => {
      const run = await connect(address);
      const came = new Promise((resolve) => run.watch("state/m1").subscribe({ next: resolve }));
      run.watch("events").subscribe();
      await run.step(1);
      await came;
      run.close();
    };
    await cycle();
    await eventually(() => watched.now()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = resources();
    for (let round = 0; round < 30; round += 1) await cycle();
    await eventually(() => watched.now()).toBe(0);
    // no polling, which has timers of its own; the test's time limit is the limit
    while (resources() > before) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(resources()).toBeLessThanOrEqual(before);
  });

  it("complete when the client is closed, and commands that wait are rejected", async () => {
    const { client, cable } = await running({ paused: true });
    const run = await client();
    const told: string[] = [];
    run.watch("state/m1").subscribe({ complete: () => told.push("state") });
    run.status.subscribe({ complete: () => told.push("status") });
    run.link.subscribe({ complete: () => told.push("link") });
    cable.mute(true);
    const waiting = run.step(1);
    run.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
    await expect(run.step(1)).rejects.toMatchObject({ code: "CLOSED" });
    expect(told.sort()).toEqual(["link", "state", "status"]);
    run.watch("state/m2").subscribe({ complete: () => told.push("later") });
    expect(told).toContain("later");
  });
});
