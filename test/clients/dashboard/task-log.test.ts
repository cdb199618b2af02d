import { describe, expect, it } from "vitest";
import { pastOf } from "../../../clients/dashboard/past.js";
import { gateRecord, phaseRecord, trialRecord } from "../../../clients/dashboard/records.js";
import { TaskLog } from "../../../clients/dashboard/store/task-log.js";

describe("records", () => {
  it("are read by their kind, and anything else is left alone", () => {
    const phase = { kind: "phase", tick: 3, task: "gabor", phase: "learning", trial: 7 };
    expect(phaseRecord(phase)).toEqual({ task: "gabor", phase: "learning", trial: 7 });
    expect(gateRecord(phase)).toBeUndefined();
    expect(phaseRecord({ ...phase, phase: "dreaming" })).toBeUndefined();
    const gate = { kind: "gate", tick: 3, pathway: "x->m1", gate: 0.5 };
    expect(gateRecord(gate)).toEqual({ pathway: "x->m1", gate: 0.5 });
    expect(phaseRecord(gate)).toBeUndefined();
    const metrics = { task: "gabor", trial: 7, tick: 3, count: 1, loss: 0.2, accuracy: 1 };
    expect(trialRecord(metrics)).toEqual({ trial: 7, accuracy: 1 });
    for (const other of [null, 3, new Uint8Array(2), {}]) expect(trialRecord(other)).toBeUndefined();
  });
});

describe("the past", () => {
  const lanes = [
    { lane: "gabor", kind: "input", marks: [[4, 7]] },
    {
      lane: "gabor",
      kind: "phase",
      marks: [
        [2, "learning"],
        [4, "inference"],
        [9, "learning"],
      ],
    },
    {
      lane: "x->m1",
      kind: "gate",
      marks: [
        [2, 1],
        [5, 0.5],
      ],
    },
  ];

  it("is read of lanes: phases with their trials, and gates as they were set", () => {
    const past = pastOf({ from: 2, to: 12, lanes });
    expect(past?.to).toBe(12);
    expect(past?.phases.get("gabor")).toEqual([
      { tick: 4, phase: "inference", trial: 7 },
      { tick: 9, phase: "learning", trial: 7 },
    ]);
    expect(past?.gates).toEqual([{ tick: 5, pathway: "x->m1", gate: 0.5 }]);
    for (const other of [null, {}, { from: 2, to: 12 }]) expect(pastOf(other)).toBeUndefined();
  });

  it("comes before what was seen, once, however often it is told", () => {
    const log = new TaskLog("gabor");
    const past = pastOf({ from: 2, to: 12, lanes })!.phases.get("gabor")!;
    log.recall(past.slice(0, 1));
    log.addPhase(9, { task: "gabor", phase: "learning", trial: 7 });
    for (let told = 0; told < 2; told += 1) log.recall(past);
    expect(log.phases).toEqual(past);
  });
});

describe("task log", () => {
  const log = () => {
    const made = new TaskLog("gabor");
    for (let trial = 0; trial < 3; trial += 1) {
      made.addPhase(trial * 10, { task: "gabor", phase: "inference", trial });
      made.addPhase(trial * 10 + 6, { task: "gabor", phase: "learning", trial });
    }
    return made;
  };

  it("knows the learning phases within a window, and that the last goes on", () => {
    expect(log().learningPhases(0, 28)).toEqual([
      [6, 10],
      [16, 20],
      [26, 28],
    ]);
    expect(log().learningPhases(8, 18)).toEqual([
      [8, 10],
      [16, 18],
    ]);
    expect(log().learningPhases(10, 16)).toEqual([]);
  });

  it("knows which recent trials were right", () => {
    const made = log();
    for (const [trial, accuracy] of [
      [0, 1],
      [1, 0],
    ]) {
      made.addTrial({ trial, accuracy });
    }
    expect([0, 1, 2].map((trial) => made.accuracyOf(trial))).toEqual([1, 0, undefined]);
    expect(made.history.rows()).toEqual([
      [0, 1, 1],
      [1, 0.5, 0.5],
    ]);
  });

  it("forgets phases of long ago", () => {
    const made = new TaskLog("gabor");
    for (let tick = 0; tick < 100_000; tick += 1) {
      made.addPhase(tick, { task: "gabor", phase: "waiting", trial: tick });
    }
    expect(made.phases.length).toBeLessThan(2048);
    expect(made.phases.at(-1)?.tick).toBe(99_999);
  });
});
