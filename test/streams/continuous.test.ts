import { Subject, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { learningRules } from "../../src/model/learning-rules.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { NetworkEvent, PhaseEvent } from "../../src/streams/events.js";
import type { Stimulus } from "../../src/streams/stimulus.js";
import { closedLoop, fromStream, type TrialRequest } from "../../src/streams/stimulus-door.js";
import { runContinuous } from "./run-network.js";
import { twoModules } from "./tick-fixture.js";

const network = resolveNetwork(twoModules);
const run = { seed: 1, batch: 1 };
const ticks = { inference: 3, learning: 2 };
const stimulus = (value: number, target: Float32Array | null = Float32Array.of(1, 0)): Stimulus => ({
  input: new Float32Array(3).fill(value),
  target,
});
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A network with one task, what its events say, and what it presents. */
function watched(door: Parameters<typeof runContinuous>[2] = {}) {
  const kernels = referenceKernels();
  const running = runContinuous(network, { ...run, kernels }, { ticks, ...door });
  const events: NetworkEvent[] = [];
  running.events.subscribe((event) => events.push(event));
  return {
    ...running,
    events,
    phases: () =>
      events
        .filter((event): event is PhaseEvent => event.kind === "phase")
        .map(({ tick, phase, trial }) => `${tick} ${phase} ${trial}`),
    presented: async () => (await kernels.read(running.state.inputs.get("x")!))[0],
  };
}

describe("a trial on the clock", () => {
  it("takes its ticks of inference and of learning, and none between trials", () => {
    const { tick, phases, events } = watched();
    for (let made = 0; made < 10; made++) tick();
    expect(phases()).toEqual([
      "0 inference 0",
      "3 learning 0",
      "5 waiting 0",
      "5 inference 1",
      "8 learning 1",
      "10 waiting 1",
    ]);
    const at = (kind: NetworkEvent["kind"]) => [
      ...new Set(events.filter((event) => event.kind === kind).map(({ tick }) => tick)),
    ];
    expect(at("state")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(at("output")).toEqual([3, 8]);
    expect(at("outputError")).toEqual([3, 8]);
    expect(at("error")).toEqual([3, 4, 8, 9]);
    expect(at("update")).toEqual([5, 10]);
  });

  it("without a target answers and asks for the next, and learns nothing", () => {
    const { tick, phases, state } = watched({
      door: () => closedLoopOf(({ trial }) => stimulus(trial, null)),
    });
    for (let made = 0; made < 7; made++) tick();
    expect(phases()).toEqual([
      "0 inference 0",
      "3 waiting 0",
      "3 inference 1",
      "6 waiting 1",
      "6 inference 2",
    ]);
    expect([...state.parameters.learned.values()].map(({ steps }) => steps)).toEqual(Array(5).fill(0));
  });

  it("completes its events and leaves no handle when it is closed, whatever waits", () => {
    for (let made = 0; made < 12; made++) {
      const stream = new Subject<Stimulus>();
      const { tick, close, kernels, queue } = watched({ door: () => fromStream(stream) });
      for (let t = 0; t < made; t++) {
        stream.next(stimulus(t));
        tick();
      }
      stream.next(stimulus(99));
      expect(queue.length).toBeGreaterThan(0);
      close();
      expect(kernels.live()).toBe(0);
      expect(stream.observed).toBe(false);
    }
  });
});

describe("forward pathways while an error perturbs their source", () => {
  it("go on carrying z when held, and the state as it moves when live", async () => {
    const moved: Record<string, boolean[]> = {};
    for (const forward of ["held", "live"] as const) {
      const running = runContinuous(network, run, { forward, ticks: { inference: 20, learning: 5 } });
      const { kernels, state } = running;
      for (let t = 0; t < 20; t++) running.tick();
      const drive = async () => (await kernels.read(state.drives.get("m2")!)).slice(0, 2);
      const before = await drive();
      moved[forward] = [];
      for (let t = 0; t < 5; t++) {
        running.tick();
        const now = await drive();
        moved[forward].push(now.some((value, unit) => Math.abs(value - before[unit]) > 1e-6));
      }
    }
    // by ticks: the RE block of m2, its SE block, the RE block of m1, its SI block, and what m2 gets of that
    expect(moved).toEqual({
      held: [false, false, false, false, false],
      live: [false, false, false, false, true],
    });
  });
});

/** A closed loop that is not given the output, so that it answers at once. */
const closedLoopOf = (respond: (request: TrialRequest) => Stimulus) => ({
  ...closedLoop(respond),
  readsOutput: false,
});

describe("a stream that is faster than the trials", () => {
  it("changes the stimulus at once in inference, and at the end of the phase in learning: the latest wins", async () => {
    const stream = new Subject<Stimulus>();
    const { tick, phases, presented, kernels } = watched({ door: () => fromStream(stream) });
    const comes: Record<number, number[]> = { 0: [10], 1: [11], 2: [12, 13], 5: [20, 21], 6: [22] };
    const seen: number[] = [];
    for (let t = 0; t < 8; t++) {
      for (const value of comes[t] ?? []) stream.next(stimulus(value));
      tick();
      seen.push(await presented());
    }
    expect(phases()).toEqual([
      "0 inference 0",
      "1 inference 1",
      "2 inference 2",
      "5 learning 2",
      "7 waiting 2",
      "7 inference 3",
    ]);
    // what is read after tick 6 is what tick 7 begins with
    expect(seen).toEqual([10, 11, 13, 13, 13, 13, 22, 22]);
    const live = kernels.live();
    for (let more = 0; more < 50; more++) stream.next(stimulus(more));
    tick();
    expect(kernels.live()).toBe(live);
  });

  it("that ends leaves its last stimulus", async () => {
    const stream = new Subject<Stimulus>();
    const { tick, phases, presented } = watched({ door: () => fromStream(stream) });
    stream.next(stimulus(7));
    stream.complete();
    for (let t = 0; t < 9; t++) tick();
    expect(phases()).toEqual(["0 inference 0", "3 learning 0", "5 waiting 0"]);
    expect(await presented()).toBe(7);
  });
});

describe("a closed loop", () => {
  it("is given the output of the trial before, for which the clock waits", async () => {
    const requests: TrialRequest[] = [];
    const door = closedLoop((request) => {
      requests.push(request);
      return stimulus(request.trial);
    });
    const { tick, hold, state, kernels } = watched({ door: () => door });
    for (let t = 0; t < 5; t++) {
      await hold();
      tick();
    }
    expect(requests).toHaveLength(1);
    expect(hold()).not.toBe(null);
    const output = await kernels.read(state.outputs.get("out")!);
    await hold();
    expect(hold()).toBe(null);
    expect(requests).toEqual([
      { trial: 0, tick: 0, output: null, seed: 0, parameters: {} },
      { trial: 1, tick: 5, output, seed: 0, parameters: {} },
    ]);
  });

  it("that answers late keeps the present stimulus until it does", async () => {
    const answers: ((stimulus: Stimulus) => void)[] = [];
    const door = closedLoop(() => new Promise<Stimulus>((resolve) => answers.push(resolve)));
    const { tick, hold, phases, presented } = watched({ door: () => door });
    tick();
    answers[0](stimulus(1));
    await settled();
    for (let t = 0; t < 9; t++) {
      await hold();
      tick();
    }
    expect(phases()).toEqual(["1 inference 0", "4 learning 0", "6 waiting 0"]);
    expect(await presented()).toBe(1);
    answers[1](stimulus(2));
    await settled();
    tick();
    expect(phases().at(-1)).toBe("10 inference 1");
    expect(await presented()).toBe(2);
  });

  it("that answers after the end is not heard", async () => {
    const answers: ((stimulus: Stimulus) => void)[] = [];
    const { tick, close, kernels } = watched({
      door: () => closedLoop(() => new Promise<Stimulus>((resolve) => answers.push(resolve))),
    });
    tick();
    close();
    answers[0](stimulus(1));
    await settled();
    expect(kernels.live()).toBe(0);
  });
});

describe("what goes wrong", () => {
  it("in a door ends the run with its error", async () => {
    const lost = new Error("camera lost");
    const broken = watched({ door: () => fromStream(throwError(() => lost)) });
    expect(() => broken.tick()).toThrow(lost);
    const later = watched({ door: () => closedLoop(() => Promise.reject(lost)) });
    later.tick();
    await settled();
    expect(() => later.tick()).toThrow(lost);
  });

  it.each([
    [
      "stimulus",
      { input: new Float32Array(2), target: Float32Array.of(1, 0) },
      "has 2 numbers, needed 1 x 3",
    ],
    ["target", { input: new Float32Array(3), target: Float32Array.of(1) }, "has 1 numbers, needed 1 x 2"],
  ])("a %s of the wrong size is refused by name, and nothing leaks", (what, given, message) => {
    const stream = new Subject<Stimulus>();
    const { tick, close, kernels } = watched({ door: () => fromStream(stream) });
    stream.next(given);
    expect(() => tick()).toThrow(`${what} of task task ${message}`);
    close();
    expect(kernels.live()).toBe(0);
  });

  it("in an operator ends the run and its events with the error", () => {
    const running = runContinuous(network, run, { ticks });
    const errors: unknown[] = [];
    running.events.subscribe({ error: (error) => errors.push(error) });
    running.tick();
    running.queue.push({
      kind: "outputError",
      key: "out",
      error: running.kernels.tensor(new Float32Array(1), [1, 1]),
    });
    expect(() => running.tick()).toThrow("within [0, 1)");
    expect(() => running.tick()).toThrow("within [0, 1)");
    expect(errors).toHaveLength(1);
  });

  it("a rule that restarts modules, and tasks that get in each other's way, are refused", () => {
    expect(() => runContinuous(network, { ...run, rule: learningRules.STE })).toThrow("EPE");
    expect(() => runContinuous(network, run, { ticks: { inference: 0, learning: 2 } })).toThrow("inference");
    const shared = resolveNetwork({
      ...twoModules,
      tasks: { a: { input: "x", readout: "out" }, b: { input: "x", readout: "out" } },
    });
    expect(() => runContinuous(shared, run)).toThrow("network.tasks.b");
  });
});
