import { describe, expect, it } from "vitest";
import { optimiserSchema, optimiserStep } from "../../src/model/optimiser.js";
import { validate } from "../../src/model/validate.js";
import { refusal, refused } from "./refused.js";

const parsed = (value: unknown) => validate(optimiserSchema, value, "optimiser");

describe("an optimiser's description", () => {
  it("has the paper's rates when none are given", () => {
    expect(parsed({ kind: "adam" })).toEqual({
      kind: "adam",
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    });
    expect(parsed({ kind: "sgd" })).toEqual({ kind: "sgd", learningRate: 1e-3 });
  });

  it("takes rates of its own, zero included", () => {
    const adam = { kind: "adam", learningRate: 0, beta1: 0, beta2: 0.5, epsilon: 1e-3 };
    expect(parsed(adam)).toEqual(adam);
  });

  it.each([
    [undefined, "optimiser: given nothing, needed an object"],
    ["adam", 'optimiser: given "adam", needed an object'],
    [{}, 'optimiser.kind: given nothing, needed one of "adam", "sgd"'],
    [{ kind: "rmsprop" }, 'optimiser.kind: given "rmsprop", needed one of "adam", "sgd"'],
    [{ kind: "sgd", beta1: 0.9 }, 'optimiser: unknown field "beta1"; allowed: kind, learningRate'],
    [{ kind: "sgd", learningRate: -1 }, "optimiser.learningRate: given -1, needed a number >= 0"],
    [{ kind: "sgd", learningRate: 1e6 }, "optimiser.learningRate: given 1000000, needed a number <= 1000"],
    [{ kind: "adam", learningRate: "fast" }, 'optimiser.learningRate: given "fast", needed a number'],
    [{ kind: "adam", beta1: 1 }, "optimiser.beta1: given 1, needed a number < 1"],
    [{ kind: "adam", beta2: -0.1 }, "optimiser.beta2: given -0.1, needed a number >= 0"],
    [{ kind: "adam", epsilon: 0 }, "optimiser.epsilon: given 0, needed a number > 0"],
  ])("refuses %j", (value, message) => {
    expect(refused(() => parsed(value))).toBe(refusal(message));
  });
});

describe("an optimiser's step", () => {
  it("has a number for Adam, which corrects the bias of its first steps by it", () => {
    const adam = parsed({ kind: "adam" });
    expect(optimiserStep(adam, 17)).toEqual({ ...adam, step: 17 });
  });

  it("is the same every time for SGD", () => {
    const sgd = parsed({ kind: "sgd", learningRate: 0.5 });
    expect(optimiserStep(sgd, 17)).toEqual({ kind: "sgd", learningRate: 0.5 });
  });
});
