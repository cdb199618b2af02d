import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { collectRule } from "../../src/cli/alarm-rules.js";

describe("a rule of the command line", () => {
  it.each([
    ["accuracy gabor > 0.95 over 100", { measure: "accuracy", task: "gabor", over: 100, above: 0.95 }],
    ["  accuracy gabor<0.5   over 3", { measure: "accuracy", task: "gabor", over: 3, below: 0.5 }],
    ["residual m1 < 1e-3", { measure: "residual", module: "m1", below: 1e-3 }],
    ["residual m1>0", { measure: "residual", module: "m1", above: 0 }],
    ["spectralRadius m2 > 1", { measure: "spectralRadius", module: "m2", above: 1 }],
    ["notFinite", { measure: "notFinite" }],
  ])("is read: %s", (text, when) => {
    const [earlier, rule] = collectRule(text, collectRule("notFinite"));
    expect(earlier.when).toEqual({ measure: "notFinite" });
    expect(rule.when).toEqual(when);
  });

  it.each([
    "",
    "accuracy",
    "accuracy gabor > 0.9",
    "accuracy gabor > 0.9 over",
    "accuracy gabor > 0.9 over 1.5",
    "accuracy gabor > 0.9 over 0",
    "accuracy gabor > high over 3",
    "accuracy gabor = 1 over 3",
    "residual m1 <",
    "residual m1 < 1 over 3",
    "spectralRadius m1 < 1",
    "notFinite m1",
    "loss gabor > 1",
    `residual ${"m".repeat(300)} < 1`,
  ])("is refused, with what one looks like: %j", (text) => {
    expect(() => collectRule(text)).toThrow(InvalidArgumentError);
    expect(() => collectRule(text)).toThrow(/^Needed "accuracy TASK > 0\.95 over 100", /);
  });
});
