import { describe, expect, it } from "vitest";
import { duration } from "../../src/cli/terminal.js";
import { trialTally } from "../../src/cli/trial-tally.js";

const metrics = (task: string, trial: number, accuracy: number | null, loss = 1) => ({
  task,
  trial,
  tick: 22 * trial,
  accuracy,
  loss,
});

describe("a tally of trials", () => {
  it("counts all trials of each task, and means over the last hundred", () => {
    const tally = trialTally();
    for (let trial = 0; trial < 250; trial++)
      tally.add(metrics("a", trial, trial < 200 ? 0 : 1, trial < 150 ? 9 : 2));
    tally.add(metrics("b", 0, null, 0.125));
    expect(tally.summary()).toEqual({
      a: { trials: 250, accuracy: 50, loss: 2 },
      b: { trials: 1, accuracy: null, loss: 0.125 },
    });
    expect(tally.text()).toBe(
      "a: 250 trials, 50 % right, loss 2.000 (last 100)  |  b: 1 trials, loss 0.125 (last 100)",
    );
  });

  it("says so when there was no trial yet", () => {
    expect(trialTally().text()).toBe("no trial yet");
    expect(trialTally().summary()).toEqual({});
  });
});

describe("a duration", () => {
  it.each([
    [-1, "0 s"],
    [12.4, "12 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [3720, "1 h 02 min"],
  ])("of %d s is told as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
