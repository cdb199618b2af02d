import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochsInAll, presentTrial, testPass, trainingEpoch } from "../../src/simulation/epoch-plan.js";
import { type Run, resolveRun } from "../../src/simulation/run-description.js";
import type { StimulusSource } from "../../src/streams/stimulus.js";
import { errorOf } from "../error-of.js";

const taskNames = ["first", "second"] as const;

/** Examples whose input is their own number. */
const numbered = (length: number) => ({
  length,
  take: (first: number, count: number) => ({
    input: Float32Array.from({ length: count }, (_, i) => first + i),
    target: new Float32Array(2 * count),
  }),
});

const sourceOf = (training: number, test: number | null): StimulusSource => ({
  name: "numbers",
  size: 1,
  outputs: 2,
  training: numbered(training),
  test: test === null ? null : numbered(test),
});

function runOf(batch: number, tasks: "simultaneous" | "alternating" | "sequential", epochs = 10): Run {
  const network = { preset: "shared-modules", neurons: 8, inputs: 1, outputs: 2, tasks: taskNames };
  return resolveRun({ network, batch, schedule: { kind: "phased", epochs, tasks } }, new Set(taskNames));
}

const length = fc.integer({ min: 1, max: 40 });
const plan = fc.record({
  batch: fc.integer({ min: 1, max: 12 }),
  tasks: fc.constantFrom("simultaneous" as const, "alternating" as const),
  lengths: fc.tuple(length, length),
});

/** Numbers of the examples that a task gets, read back from what is really presented. */
function presented(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  epochs: number,
  task: (typeof taskNames)[number],
  half: "training" | "test" = "training",
): number[] {
  const input = run.network.tasks.get(task)!.input;
  const trials = Array.from({ length: epochs }, (_, epoch) =>
    half === "training" ? trainingEpoch(run, sources, epoch) : testPass(run, sources),
  ).flat();
  return trials.flatMap((trial) => [...(presentTrial(run, sources, trial, half).inputs.get(input) ?? [])]);
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("an epoch of training", () => {
  it("shows every example of a pass exactly once, whatever the lengths, and goes on where the last one ended", () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 4 }), ({ batch, tasks, lengths }, epochs) => {
        const run = runOf(batch, tasks);
        const sources = new Map(taskNames.map((name, i) => [name, sourceOf(lengths[i], null)]));
        const longest = Math.max(...lengths);
        for (const [i, task] of taskNames.entries()) {
          const pass = tasks === "alternating" ? lengths[i] : longest;
          // example numbers run over the passes: n is item n mod length of pass floor(n / length)
          expect(presented(run, sources, epochs, task)).toEqual(inOrder(epochs * pass));
        }
      }),
    );
  });

  it("has full batches but for the last one of a pass", () => {
    fc.assert(
      fc.property(plan, ({ batch, tasks, lengths }) => {
        const run = runOf(batch, tasks);
        const sources = new Map(taskNames.map((name, i) => [name, sourceOf(lengths[i], null)]));
        const trials = trainingEpoch(run, sources, 0);
        const short = trials.filter(({ count }) => count < batch);
        expect(trials.every(({ count }) => count >= 1 && count <= batch)).toBe(true);
        expect(short.length).toBeLessThanOrEqual(tasks === "alternating" ? 2 : 1);
      }),
    );
  });

  it("teaches several tasks in every trial, or one after the other", () => {
    const sources = new Map(taskNames.map((name, i) => [name, sourceOf([5, 3][i], null)]));
    expect(trainingEpoch(runOf(2, "simultaneous"), sources, 1)).toEqual([
      { tasks: ["first", "second"], first: 5, count: 2 },
      { tasks: ["first", "second"], first: 7, count: 2 },
      { tasks: ["first", "second"], first: 9, count: 1 },
    ]);
    expect(trainingEpoch(runOf(2, "alternating"), sources, 1)).toEqual([
      { tasks: ["first"], first: 5, count: 2 },
      { tasks: ["first"], first: 7, count: 2 },
      { tasks: ["first"], first: 9, count: 1 },
      { tasks: ["second"], first: 3, count: 2 },
      { tasks: ["second"], first: 5, count: 1 },
    ]);
  });

  it("teaches one task after the other, each for all epochs", () => {
    const sources = new Map(taskNames.map((name, i) => [name, sourceOf([3, 2][i], null)]));
    const run = runOf(2, "sequential", 2);
    expect(epochsInAll(run)).toBe(4);
    expect(epochsInAll(runOf(2, "alternating", 2))).toBe(2);
    const first = { tasks: ["first"] };
    const second = { tasks: ["second"] };
    expect([0, 1, 2, 3].map((epoch) => trainingEpoch(run, sources, epoch))).toEqual([
      [
        { ...first, first: 0, count: 2 },
        { ...first, first: 2, count: 1 },
      ],
      [
        { ...first, first: 3, count: 2 },
        { ...first, first: 5, count: 1 },
      ],
      [{ ...second, first: 0, count: 2 }],
      [{ ...second, first: 2, count: 2 }],
    ]);
  });

  it("needs an end", () => {
    const sources = new Map([["first", sourceOf(Number.POSITIVE_INFINITY, null)]]);
    const error = errorOf(() => trainingEpoch(runOf(2, "simultaneous"), sources, 0));
    expect(error).toMatchObject({ code: "INVALID_DESCRIPTION" });
    expect(error.message).toMatch(
      /^stimuli\.first\.trainingImages: given nothing, needed a number of images/,
    );
  });
});

describe("a test", () => {
  it("shows every test example of every task exactly once", () => {
    fc.assert(
      fc.property(plan, ({ batch, tasks, lengths }) => {
        const run = runOf(batch, tasks);
        const sources = new Map(taskNames.map((name, i) => [name, sourceOf(50, lengths[i])]));
        for (const [i, task] of taskNames.entries()) {
          expect(presented(run, sources, 1, task, "test")).toEqual(inOrder(lengths[i]));
        }
        expect(testPass(run, sources).every(({ count }) => count >= 1 && count <= batch)).toBe(true);
      }),
    );
  });

  it("shows each task by itself where trials are of one task", () => {
    const sources = new Map(taskNames.map((name) => [name, sourceOf(5, 2)]));
    for (const tasks of ["alternating", "sequential"] as const) {
      expect(testPass(runOf(2, tasks), sources)).toEqual([
        { tasks: ["first"], first: 0, count: 2 },
        { tasks: ["second"], first: 0, count: 2 },
      ]);
    }
  });

  it("leaves out a task that has no test examples, and may be empty", () => {
    const sources = new Map([
      ["first", sourceOf(5, null)],
      ["second", sourceOf(5, 3)],
    ]);
    expect(testPass(runOf(2, "simultaneous"), sources)).toEqual([
      { tasks: ["second"], first: 0, count: 2 },
      { tasks: ["second"], first: 2, count: 1 },
    ]);
    expect(testPass(runOf(2, "simultaneous"), new Map([["first", sourceOf(5, null)]]))).toEqual([]);
  });
});

describe("a trial", () => {
  it("presents only the tasks that take part", () => {
    const run = runOf(2, "simultaneous");
    const sources = new Map(taskNames.map((name) => [name, sourceOf(5, null)]));
    const trial = presentTrial(run, sources, { tasks: ["second"], first: 1, count: 2 }, "training");
    expect([...trial.inputs]).toEqual([["x2", Float32Array.of(1, 2)]]);
    expect([...trial.targets.keys()]).toEqual(["out2"]);
    expect(trial.batch).toBe(2);
  });
});
