import { Observable, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Stimulus } from "../../../src/streams/stimulus.js";
import { closedLoop, type StimulusDoor, type TrialRequest } from "../../../src/streams/stimulus-door.js";
import { rejectionOf } from "../../error-of.js";
import { batch, expectSame, inputs, outputs, runOf, type Steered, steer } from "./steered.js";

/** A door that answers when the test does. */
function waitingDoor() {
  const asked: number[] = [];
  const answers = new Subject<Stimulus>();
  const door: StimulusDoor = {
    readsOutput: false,
    connect: (requests: Observable<TrialRequest>) =>
      new Observable<Stimulus>((subscriber) => {
        subscriber.add(requests.subscribe(({ trial }) => asked.push(trial)));
        subscriber.add(answers.subscribe(subscriber));
      }),
  };
  return { asked, answers, door };
}

const input = Float32Array.from({ length: batch * inputs }, (_, i) => Math.sin(i));
const target = Float32Array.from({ length: batch * outputs }, (_, i) => (i % outputs === 0 ? 1 : 0));
const error = Float32Array.from({ length: batch * outputs }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5));
const stimulus = { kind: "stimulus", task: "first", input, target, trial: null } as const;
const outputError = { kind: "outputError", readout: "out1", error } as const;

const clockOf = ({ engine }: Steered, task = "first") => {
  const { trial, phase, ticksLeft } = engine.net.running.get(task)!.state;
  return { trial, phase, ticksLeft };
};

async function opened() {
  const kernels = await openKernels("reference");
  const doors = { first: waitingDoor(), second: waitingDoor() };
  const steered = steer(kernels, runOf(), {
    doors: new Map(Object.entries(doors).map(([name, { door }]) => [name, door])),
  });
  return {
    ...steered,
    doors,
    kernels,
    async close() {
      await steered.engine.close();
      expect(kernels.live()).toBe(0);
    },
  };
}

describe("a stimulus", () => {
  it("begins a trial at once, as the one that the task waits for, and is learned from", async () => {
    const steered = await opened();
    const { kernels, engine } = steered;
    await steered.ticks(3);
    expect(clockOf(steered)).toEqual({ trial: -1, phase: "waiting", ticksLeft: 0 });
    await steered.apply({ ...stimulus, trial: 0 });
    expect(clockOf(steered)).toEqual({ trial: 0, phase: "inference", ticksLeft: 7 });
    expect(await kernels.read(engine.net.state.inputs.get("x1")!)).toEqual(input);
    expect(await kernels.read(engine.net.state.targets.get("out1")!)).toEqual(target);
    await steered.ticks(11);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "waiting" });
    expect(engine.net.state.parameters.learned.get("m1->m2")?.steps).toBe(1);
    expect(steered.doors.first.asked).toEqual([0, 1]);
    // one that is not numbered begins another, without a target to learn from
    await steered.apply({ ...stimulus, target: null });
    await steered.ticks(7);
    expect(clockOf(steered)).toMatchObject({ trial: 1, phase: "waiting" });
    expect(engine.net.state.parameters.learned.get("m1->m2")?.steps).toBe(1);
    await steered.close();
  });

  it("waits for the end of its task's learning phase", async () => {
    const steered = await opened();
    await steered.apply(stimulus);
    await steered.ticks(8);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "learning" });
    await steered.apply({ ...stimulus, input: input.map((value) => -value) });
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "learning" });
    await steered.ticks(3);
    expect(clockOf(steered)).toMatchObject({ trial: 1, phase: "inference" });
    // the door is not asked for the one that is there
    expect(steered.doors.first.asked).toEqual([0]);
    await steered.close();
  });

  it("comes after what a closed loop answers to the output that it is reading", async () => {
    const kernels = await openKernels("reference");
    const loop = closedLoop(({ trial }) => ({ input: input.map((value) => value * trial), target }));
    const play = async (patient: boolean) => {
      const steered = steer(kernels, runOf(), { doors: new Map([["first", loop]]) });
      // the last of these ends the first trial: its output is being read
      await steered.ticks(11);
      expect(steered.engine.net.hold()).not.toBe(null);
      if (patient) await steered.engine.hold();
      await steered.apply(stimulus);
      const snapshot = await steered.snapshot();
      await steered.engine.close();
      return snapshot;
    };
    const snapshot = await play(false);
    expectSame(snapshot, await play(true));
    expect(snapshot.scalars.tasks.first).toMatchObject({ trial: 2, phase: "inference" });
    expect(kernels.live()).toBe(0);
  });

  it("is refused by the name of its field, and changes nothing then", async () => {
    const steered = await opened();
    await steered.ticks(2);
    const before = await steered.snapshot();
    const cases = [
      [{ ...stimulus, task: "third" }, /^task: given "third", needed one of first, second/],
      [{ ...stimulus, input: input.slice(1) }, /^input: given "9 numbers", needed 10/],
      [{ ...stimulus, input: input.with(2, Number.NaN) }, /^input\[2\]: given "NaN"/],
      [{ ...stimulus, target: new Float32Array(3) }, /^target: given "3 numbers", needed 4/],
      [{ ...stimulus, target: target.with(0, Number.POSITIVE_INFINITY) }, /^target\[0\]: given "Infinity"/],
      [{ ...stimulus, trial: 1 }, /^trial: given 1, needed 0, for which the task waits/],
      [{ ...outputError, readout: "out9" }, /^readout: given "out9", needed one of out1, out2/],
      [{ ...outputError, error: new Float32Array(3) }, /^error: given "3 numbers", needed 4/],
      [{ ...outputError, error: error.with(1, Number.NaN) }, /^error\[1\]: given "NaN"/],
    ] as const;
    for (const [command, text] of cases) {
      const refusal = await rejectionOf(steered.apply(command));
      expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
    }
    expectSame(await steered.snapshot(), before);
    await steered.apply(stimulus);
    for (const [trial, text] of [
      [0, /^trial: given 0, needed a later one, or null: trial 0 has begun already/],
      [1, /^trial: given 1, needed null: the task waits for none/],
    ] as const) {
      const refusal = await rejectionOf(steered.apply({ ...stimulus, trial }));
      expect(refusal.message).toMatch(text);
    }
    await steered.close();
  });
});

describe("an output error", () => {
  it("in an inference phase ends it, as if the readout had answered", async () => {
    const steered = await opened();
    const { state } = steered.engine.net;
    await steered.apply({ ...stimulus, target: null });
    await steered.ticks(5);
    await steered.apply(outputError);
    expect(clockOf(steered)).toEqual({ trial: 0, phase: "learning", ticksLeft: 4 });
    expect(await steered.kernels.read(state.outputErrors.get("out1")!)).toEqual(error);
    expect([...state.held.keys()].sort()).toEqual(
      [...steered.engine.net.running.get("first")!.perturbed].sort(),
    );
    await steered.ticks(4);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "waiting" });
    expect(state.parameters.learned.get("m1->m2")?.steps).toBe(1);
    expect([state.held.size, state.errors.size, state.outputErrors.size]).toEqual([0, 0, 0]);
    expect(steered.doors.first.asked).toEqual([0, 1]);
    await steered.close();
  });

  it("in a learning phase takes the place of the one before, and the phase begins anew from the same z", async () => {
    const steered = await opened();
    const { state } = steered.engine.net;
    await steered.apply(stimulus);
    await steered.ticks(9);
    const z = new Map(state.held);
    expect(clockOf(steered)).toMatchObject({ phase: "learning", ticksLeft: 2 });
    await steered.apply(outputError);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "learning", ticksLeft: 4 });
    expect(await steered.kernels.read(state.outputErrors.get("out1")!)).toEqual(error);
    expect(state.held).toEqual(z);
    await steered.ticks(4);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "waiting" });
    expect(state.parameters.learned.get("m1->m2")?.steps).toBe(1);
    await steered.close();
  });

  it("while the task waits for a stimulus perturbs it, and the stimulus is not asked for again", async () => {
    const steered = await opened();
    const { state } = steered.engine.net;
    await steered.apply({
      kind: "drive",
      module: "m2",
      block: null,
      values: new Float32Array(24).fill(0.2),
      ticks: 99,
    });
    await steered.ticks(10);
    await steered.apply(outputError);
    expect(clockOf(steered)).toEqual({ trial: -1, phase: "learning", ticksLeft: 4 });
    await steered.ticks(2);
    // the door's answer comes meanwhile, and waits
    steered.doors.first.answers.next({ input, target });
    await steered.ticks(2);
    expect(steered.doors.first.asked).toEqual([0]);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "inference" });
    await steered.apply(outputError);
    await steered.ticks(4);
    await steered.apply(outputError);
    await steered.ticks(4);
    expect(clockOf(steered)).toMatchObject({ trial: 0, phase: "waiting" });
    expect(steered.doors.first.asked).toEqual([0, 1]);
    // the states of the first trial moved by them, or there would be nothing to learn
    expect(state.parameters.learned.get("m2->out1")?.steps).toBe(3);
    await steered.close();
  });

  it("is asked for again where a snapshot was taken in the middle of it", async () => {
    const steered = await opened();
    await steered.ticks(3);
    await steered.apply(outputError);
    await steered.ticks(1);
    const from = await steered.snapshot();
    expect(from.scalars.tasks.first).toMatchObject({ phase: "learning", asked: true });
    const doors = { first: waitingDoor(), second: waitingDoor() };
    const restored = steer(steered.kernels, runOf(), {
      from,
      doors: new Map(Object.entries(doors).map(([name, { door }]) => [name, door])),
    });
    await restored.ticks(6);
    expect(clockOf(restored)).toMatchObject({ trial: -1, phase: "waiting" });
    expect(doors.first.asked).toEqual([0]);
    await restored.engine.close();
    await steered.close();
  });
});
