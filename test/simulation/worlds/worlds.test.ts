import { describe, expect, it } from "vitest";
import { resolveRun } from "../../../src/simulation/run-description.js";
import { errorOf, rejectionOf } from "../../error-of.js";
import { acting } from "../acting.js";
import { expectSame } from "../interventions/steered.js";
import { answer, loop, looping, topic } from "../looping.js";
import { until } from "../running.js";

describe("a client as the world of a task", () => {
  it("is asked with the network's output, and the clock waits for what it answers", async () => {
    const { engine, watch, part, ticks, published, answer, states, kernels } = await looping();
    watch(1);
    expect(part.present?.(topic)).toMatchObject({
      topic,
      tick: 0,
      payload: { task: "steer", trial: 0, tick: 0, output: null, deadlineMs: 1000 },
    });
    // once for each who comes
    expect(part.present?.(topic)).toBeNull();
    expect(await ticks(5)).toBe(0);
    expect((await answer(0)).tick).toBe(0);
    expect(await ticks(100)).toBe(10);
    const output = await kernels.read(engine.net.state.outputs.get("out")!);
    expect(published).toEqual([
      {
        topic,
        tick: 10,
        payload: {
          task: "steer",
          trial: 1,
          tick: 10,
          output: new Uint8Array(output.buffer),
          inputShape: [1, 2],
          targetShape: [1, 2],
          deadlineMs: 1000,
        },
      },
    ]);
    await answer(1);
    expect(await ticks(100)).toBe(10);
    expect(states()).toEqual(["awaited 0", "answered 0", "awaited 1", "answered 1", "awaited 2"]);
    await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("is asked once, though another has come and gone before he saw the request", async () => {
    const { engine, watch, part } = await looping();
    watch(1);
    watch(0);
    watch(1);
    expect(part.present?.(topic)).toMatchObject({ topic, tick: 0 });
    expect(part.present?.(topic)).toBeNull();
    await engine.close();
  });

  it("brings a whole batch, and is told the shapes", async () => {
    const { engine, watch, ticks, published, answer } = await looping({}, { batch: 3 });
    watch(1);
    await answer(0);
    await ticks(11);
    const { output, inputShape, targetShape } = published[0].payload;
    expect([inputShape, targetShape]).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect(output).toHaveLength(4 * 6);
    await engine.close();
  });

  it("that is late is waited for no longer, until it answers; its answer still counts", async () => {
    const { engine, watch, ticks, answer, state, states, pass } = await looping({ timeoutMs: 40 });
    watch(1);
    await answer(0);
    expect(await ticks(100)).toBe(10);
    pass(39);
    expect(await ticks(3)).toBe(0);
    pass(1);
    expect(state()).toBe("late");
    expect(await ticks(7)).toBe(7);
    expect((await answer(1)).tick).toBe(17);
    expect(state()).toBe("answered");
    expect(await ticks(100)).toBe(10);
    expect(states().slice(-3)).toEqual(["late 1", "answered 1", "awaited 2"]);
    await engine.close();
  });

  it("is refused, and told why, when the trial that it answers has begun or is over", async () => {
    const { engine, watch, ticks, answer } = await looping();
    watch(1);
    await answer(0);
    const text =
      /^trial: given 0, needed a later one, or null: trial 0 has begun already, so this is too late$/;
    expect((await rejectionOf(answer(0))).message).toMatch(text);
    await ticks(10);
    expect((await rejectionOf(answer(0))).message).toMatch(text);
    expect((await rejectionOf(answer(2))).message).toBe("trial: given 2, needed 1, for which the task waits");
    await answer(1);
    await engine.close();
  });

  it("is gone when it has missed three deadlines in a row, and comes back with an answer in time", async () => {
    const { engine, watch, ticks, answer, state, states, pass } = await looping({ timeoutMs: 10 });
    watch(1);
    for (let trial = 0; trial < 3; trial++) {
      // each answer too late
      pass(15);
      await answer(trial);
      expect(await ticks(10)).toBe(10);
    }
    expect(states()).toEqual([
      ...["awaited 0", "late 0", "answered 0", "awaited 1", "late 1", "answered 1"],
      ...["awaited 2", "gone 2", "answered 2"],
      // nobody waits for it now
      "gone 3",
    ]);
    expect(await ticks(20)).toBe(20);
    pass(5);
    await answer(3);
    await ticks(10);
    expect(state()).toBe("awaited");
    expect(await ticks(5)).toBe(0);
    await engine.close();
  });

  it("is gone when nobody watches, and awaited when somebody comes, who is asked at once", async () => {
    const { engine, watch, part, ticks, answer, state } = await looping({ timeoutMs: 10 });
    expect(state()).toBe("gone");
    expect(await ticks(12)).toBe(12);
    watch(1);
    expect(state()).toBe("awaited");
    expect(part.present?.(topic)).toMatchObject({ tick: 0, payload: { trial: 0 } });
    expect(await ticks(1)).toBe(0);
    await answer(0);
    await ticks(10);
    const held = engine.hold();
    watch(0);
    // whoever waits need not wait for ever
    await held;
    expect(state()).toBe("gone");
    expect(await ticks(30)).toBe(30);
    watch(2);
    expect([part.present?.(topic), part.present?.(topic)]).toMatchObject(
      Array.from({ length: 2 }, () => ({ payload: { trial: 1 } })),
    );
    expect(state()).toBe("awaited");
    await engine.close();
  });

  it("holds nothing up where ticks go on without it", async () => {
    const { engine, watch, ticks, answer, state, pass } = await looping({ late: "goOn", timeoutMs: 10 });
    watch(1);
    expect(await ticks(25)).toBe(25);
    expect(state()).toBe("awaited");
    pass(10);
    expect(state()).toBe("late");
    expect((await answer(0)).tick).toBe(25);
    expect(await ticks(30)).toBe(30);
    expect(state()).toBe("awaited");
    await engine.close();
  });

  it("is never late while the simulation is paused or makes single steps", async () => {
    const { engine, watch, state, pass, pacer, ticks } = await looping({ timeoutMs: 10 }, { paused: true });
    watch(1);
    pass(1000);
    expect(state()).toBe("awaited");
    pacer.apply({ kind: "step", ticks: 5 });
    pass(1000);
    expect([state(), await ticks(5)]).toEqual(["awaited", 0]);
    pacer.apply({ kind: "resume" });
    pass(6);
    pacer.apply({ kind: "pause" });
    pass(1000);
    pacer.apply({ kind: "resume" });
    pass(3);
    expect(state()).toBe("awaited");
    pass(1);
    expect(state()).toBe("late");
    await engine.close();
  });

  it("is not asked for what a stimulus that came unasked has begun, and starts anew after a reset", async () => {
    const { engine, watch, ticks, answer, published, states, part } = await looping();
    watch(1);
    await answer(null);
    await ticks(3);
    await answer(null);
    await ticks(10);
    expect(published.map(({ payload }) => payload.trial)).toEqual([2]);
    await engine.intervene({ kind: "reset", what: "state", seed: null }, "client");
    await ticks(1);
    watch(2);
    expect(part.present?.(topic)).toMatchObject({ payload: { trial: 0, output: null } });
    expect(states().at(-1)).toBe("awaited 0");
    await engine.close();
  });

  it("is not asked in a replay, which has its answers in the log", async () => {
    const [live, replayed] = [await looping(), await looping({}, { silent: true })];
    live.watch(1);
    const log: [number, number][] = [];
    for (let trial = 0; trial < 3; trial++) {
      log.push([(await live.answer(trial)).tick, trial]);
      await live.ticks(100);
    }
    for (const [tick, trial] of log) {
      await replayed.ticks(tick - replayed.engine.net.state.tick);
      await replayed.answer(trial);
    }
    await replayed.ticks(10);
    expect(replayed.published).toEqual([]);
    expectSame(await replayed.engine.snapshot(), await live.engine.snapshot());
    for (const { engine } of [live, replayed]) await engine.close();
  });
});

describe("a simulation with a client as its world", () => {
  it("closes the loop", async () => {
    const { simulation, payloads, told } = await acting(loop({ timeoutMs: 60_000 }));
    expect(simulation.topics).toContainEqual({ topic, payload: "record" });
    const asked = await payloads(topic);
    await simulation.command({ kind: "resume" });
    for (let trial = 0; trial < 20; trial++) {
      await until(() => asked().length > trial);
      expect(asked()[trial]).toMatchObject({ trial, tick: 10 * trial });
      expect(await simulation.command(answer(trial))).toEqual({ tick: 10 * trial });
    }
    expect(simulation.status().worlds).toEqual({ steer: "answered" });
    expect(told("world").length).toBeGreaterThanOrEqual(40);
  });

  it("is continuous", () => {
    const error = errorOf(() => resolveRun({ ...loop(), schedule: { kind: "phased" } }));
    expect(error.message).toMatch(/^stimuli\.steer\.source: given "client", needed .*continuous/);
  });
});
