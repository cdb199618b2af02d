import { describe, expect, it } from "vitest";
import { override } from "../../src/simulation/override.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { checkSameRun } from "../../src/simulation/same-run.js";
import { errorOf } from "../error-of.js";
import { imageRun } from "./small-runs.js";

const run = (...assignments: string[]) => resolveRun(assignments.reduce<unknown>(override, imageRun));

describe("the run of a checkpoint", () => {
  it("may have another name and another number of epochs", () => {
    expect(() => checkSameRun(run(), run(), "c")).not.toThrow();
    expect(() => checkSameRun(run("name=other", "schedule.epochs=99"), run(), "c")).not.toThrow();
  });

  it("may not have another number of epochs where these say which task is taught when", () => {
    const sequential = run("schedule.tasks=sequential");
    expect(() => checkSameRun(sequential, run("schedule.tasks=sequential", "name=other"), "c")).not.toThrow();
    const longer = run("schedule.tasks=sequential", "schedule.epochs=99");
    expect(errorOf(() => checkSameRun(longer, sequential, "c")).message).toMatch(
      /schedule\.epochs is 4 there and 99 here/,
    );
  });

  it.each([
    ["seed=2", "seed is 2 there and 1 here"],
    ["batch=10", "batch is 10 there and 20 here"],
    ["rule=EPE", 'rule is "EPE" there and "STE" here'],
    ["optimiser.learningRate=0.5", "optimiser.learningRate is 0.5 there and 0.03 here"],
    ["stimuli.mnist.limit=5", "stimuli.mnist.limit is 5 there and absent here"],
    ["network.neurons=20", "network.modules.m1.neurons is 20 there and 64 here"],
    ["modules.m2.spectralRadius=0.5", "network.modules.m2.spectralRadius is 0.5 there and 0.8 here"],
    ["network.modules=3", "network.modules.m3.neurons is 64 there and absent here"],
  ])("may not differ in %s", (assignment, difference) => {
    const error = errorOf(() => checkSameRun(run(), run(assignment), "that.json"));
    expect(error.code).toBe("CHECKPOINT_MISMATCH");
    expect(error.message).toMatch(/^checkpoint that\.json: of another run: /);
    if (!assignment.startsWith("network.modules")) expect(error.message).toContain(difference);
    expect(error.message).toMatch(/resume it without other settings, or start anew/);
  });
});
