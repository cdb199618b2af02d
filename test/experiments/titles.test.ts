import { describe, expect, it } from "vitest";
import {
  commonTitle,
  numberIn,
  rangeOf,
  seriesTitle,
  takenTitle,
  titleOf,
  valueText,
} from "../../src/experiments/titles.js";

describe("titles", () => {
  it.each([
    ["testAccuracy", "test accuracy, %"],
    ["trainAccuracy", "training accuracy, %"],
    ["SR", "spectral radius"],
    ["meanAbsoluteError", "mean absolute error"],
    ["STEError", "STE error"],
    ["latencyMs", "latency, ms"],
    ["angleDegrees", "angle, degrees"],
    ["network.spectralRadius", "spectral radius"],
    ["modules.v1.spectralRadius", "v1 spectral radius"],
    ["network.modules.v4.spectralRadius", "v4 spectral radius"],
    ["optimiser.learningRate", "learning rate"],
    ["iterations.inference", "iterations inference"],
    ["stimuli.tilt.noise", "tilt noise"],
    ["epoch", "epoch"],
  ])("say what %s is", (column, title) => {
    expect(titleOf(column)).toBe(title);
  });

  it("of several columns on one axis say what they share, or all of them", () => {
    expect(commonTitle(["trainAccuracy", "testAccuracy"])).toBe("accuracy, %");
    expect(commonTitle(["mle", "ftmle"])).toBe("maximum Lyapunov exponent");
    expect(commonTitle(["trainLoss", "cosine"])).toBe("training loss, cosine");
    expect(commonTitle(["trainLoss"])).toBe("training loss");
    expect(seriesTitle("testAccuracy")).toBe("test accuracy");
  });

  it("say which line of each cell was taken, where it is not all of them", () => {
    const byEpoch = [{ epoch: 1 }, { epoch: 2 }];
    const title = titleOf("testAccuracy");
    expect(takenTitle(title, "all", byEpoch)).toBe("test accuracy, %");
    expect(takenTitle(title, "best", byEpoch)).toBe("test accuracy of the best epoch, %");
    expect(takenTitle(title, "last", byEpoch)).toBe("test accuracy of the last epoch, %");
    expect(takenTitle(title, "best", [{ trial: 1, epoch: null }])).toBe("test accuracy at its best, %");
  });

  it("know that accuracies are percent", () => {
    expect(rangeOf("testAccuracy")).toEqual([0, 100]);
    expect(rangeOf("accuracyLoss")).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("write values as a reader expects them", () => {
    expect([0.1 + 0.2, 1e-7, 0.001, 88.123456, 1e6, 0, true, null, "AP"].map(valueText)).toEqual([
      "0.3",
      "1e-7",
      "0.001",
      "88.12",
      "1e+6",
      "0",
      "yes",
      "none",
      "AP",
    ]);
    expect([numberIn("testAccuracy", 88.1), numberIn("trainLoss", 0.123456)]).toEqual(["88.10", "0.1235"]);
  });
});
