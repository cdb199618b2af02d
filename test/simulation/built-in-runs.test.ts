import { describe, expect, it } from "vitest";
import { gaborScene, taskNames, trainingRun } from "../../src/simulation/built-in-runs.js";
import { openStimuli } from "../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { writeCifar } from "../arbitraries/cifar-files.js";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
writeLearnableSet(folder, { training: 20, test: 10 });
writeCifar(folder, [1, 1, 1, 1, 1, 1]);

describe("the built-in scene", () => {
  it("is two modules of 256 neurons that learn gabor patches with EPE, one stimulus at a time", () => {
    const run = resolveRun(gaborScene);
    expect([...run.network.modules.values()].map(({ neurons }) => neurons)).toEqual([256, 256]);
    expect(run).toMatchObject({ rule: "EPE", batch: 1, schedule: { kind: "continuous" } });
    if (run.schedule.kind !== "continuous") throw new Error("it is continuous");
    expect(run.schedule.ticks.inference).toBeLessThanOrEqual(12);
    expect(run.schedule.ticks.learning).toBeLessThanOrEqual(10);
    expect([...openStimuli(run, folder).keys()]).toEqual(["gabor"]);
  });
});

describe("training runs", () => {
  it.each(taskNames)("%s has as many modules as are asked for, and room for its stimuli", (task) => {
    const run = resolveRun(trainingRun(task, 3));
    expect(run.network.modules.size).toBe(task === "two-tasks" ? 4 : 3);
    expect(run.schedule.kind).toBe("phased");
    expect([...openStimuli(run, folder).keys()].sort()).toEqual([...run.network.tasks.keys()].sort());
  });

  it("of images are as the papers have them", () => {
    expect(resolveRun(trainingRun("fashion-mnist", 2))).toMatchObject({ rule: "STE", batch: 500, beta: 1 });
    expect(resolveRun(trainingRun("cifar-10", 2)).optimiser).toMatchObject({
      kind: "adam",
      learningRate: 2e-4,
    });
    const { network } = resolveRun(trainingRun("two-tasks", 2));
    expect([...network.pathways.keys()]).toContain("error(m4)->m3");
  });
});
