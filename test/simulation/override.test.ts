import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { override } from "../../src/simulation/override.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { errorOf } from "../error-of.js";

const preset = {
  network: { preset: "chain", neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
  stimuli: { gabor: { source: "gabor" } },
};

const set = (...assignments: string[]) => resolveRun(assignments.reduce<unknown>(override, preset));

describe("override", () => {
  it("sets a field of the run, as JSON or as text", () => {
    expect(set("batch=3").batch).toBe(3);
    expect(set("name=3 x = y").name).toBe("3 x = y");
    expect(set('optimiser={"kind": "sgd"}').optimiser).toEqual({ kind: "sgd", learningRate: 1e-3 });
    expect(set("schedule.kind=continuous", "schedule.forward=live").schedule).toMatchObject({
      kind: "continuous",
      forward: "live",
    });
    expect(set("stimuli.gabor.noise=2").stimuli.gabor).toMatchObject({ noise: 2, angle: 6 });
  });

  it("makes the groups that are not there yet", () => {
    expect(set("optimiser.kind=adam", "optimiser.learningRate=0.01").optimiser).toMatchObject({
      learningRate: 0.01,
      beta1: 0.9,
    });
  });

  it("sets options of the default optimiser and of trials without naming their kinds", () => {
    expect(set("optimiser.learningRate=0.01").optimiser).toMatchObject({ kind: "adam", learningRate: 0.01 });
    expect(set("schedule.epochs=3").schedule).toMatchObject({ kind: "phased", epochs: 3 });
    expect(set("schedule.forward=live", "schedule.kind=continuous").schedule).toMatchObject({
      kind: "continuous",
      forward: "live",
    });
  });

  it("sets a preset's own options", () => {
    expect([...set("modules=3").network.modules.keys()]).toEqual(["m1", "m2", "m3"]);
    expect(set("network.neurons=20").network.modules.get("m2")?.neurons).toBe(20);
  });

  it("reaches into what a preset makes", () => {
    const run = set(
      "modules.m1.spectralRadius=0.4",
      "network.modules.m2.activation=relu",
      "forward.1.gate=0.5",
      "modules.m1.learning.W=0.1",
    );
    expect(run.network.modules.get("m1")?.learning).toEqual({ W: 0.1, b: 0 });
    expect(run.network.modules.get("m2")?.learning).toEqual({ W: 0, b: 0 });
    expect(run.network.modules.get("m1")?.spectralRadius).toBe(0.4);
    expect(run.network.modules.get("m2")).toMatchObject({ spectralRadius: 0.25, activation: "relu" });
    expect(run.network.pathways.get("m1->m2")?.gate).toBe(0.5);
    expect(set("readouts.out.nonlinearity=linear").network.readouts.get("out")?.nonlinearity).toBe("linear");
    expect(set("tasks.gabor.target=vector").network.tasks.get("gabor")?.target).toBe("vector");
  });

  it("sets options in the groups of a preset, which stays one", () => {
    const changed = ["network.blocks.RE=1", "network.blocks.SE=0", "network.modules=3"].reduce<unknown>(
      override,
      preset,
    );
    expect(changed).toMatchObject({ network: { preset: "chain", blocks: { RE: 1, SE: 0 } } });
    const { network } = resolveRun(changed);
    expect(network.modules.get("m3")?.blocks.get("RE")).toEqual([8, 9]);
    expect(network.pathways.has("error(m3)->m2")).toBe(false);
    expect(set("network.roleConstraint=false").network.modules.get("m1")?.blocks.get("SE")).toEqual([0, 16]);
    expect(set("network.learning.b=0.5", "modules=1").network.modules.get("m1")?.learning.b).toBe(0.5);
    expect(errorOf(() => set("network.blocks.RE=9")).message).toMatch(
      /^network\.blocks: given \{"RE":9\}.* 16, /,
    );
    expect(errorOf(() => set("network.blocks.XY=1")).message).toMatch(/^network\.blocks: unknown field "XY"/);
  });

  it("reaches into the two-task presets", () => {
    const two = { network: { preset: "shared-feedback", neurons: 24 } };
    const changed = override(two, "modules.m3.spectralRadius=0.7");
    const { network } = resolveRun(changed, new Set(["mnist", "fashion-mnist"]));
    expect([...network.modules.values()].map(({ spectralRadius }) => spectralRadius)).toEqual([
      0.25, 0.25, 0.7, 0.25,
    ]);
  });

  it("leaves what it is given as it is", () => {
    const before = JSON.stringify(preset);
    override(preset, "modules.m1.spectralRadius=0.4");
    override(preset, "stimuli.gabor.noise=2");
    expect(JSON.stringify(preset)).toBe(before);
  });

  it.each([
    ["batch", /needed path=value/],
    ["=3", /needed path=value/],
    [".batch=3", /needed path=value/],
    ["optimiser..kind=sgd", /needed path=value/],
    ["__proto__.polluted=1", /needed path=value/],
    ["optimiser.__proto__.polluted=1", /needed path=value/],
    ["network.preset.name=3", /network\.preset: .*needed one of chain/],
    ["batch.size=3", /run\.batch: given \{"size":3\}|no fields/],
    ["constructor.prototype.polluted=1", /no fields/],
  ])("refuses %s", (assignment, text) => {
    const error = errorOf(() => resolveRun(override(preset, assignment)));
    expect(error.message).toMatch(text);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("of a field that does not exist is refused by its name", () => {
    expect(errorOf(() => set("modules.m1.spectralRadios=0.4")).message).toMatch(
      /^network\.modules\.m1: unknown field "spectralRadios"/,
    );
    expect(errorOf(() => set("modules.m9.spectralRadius=0.4")).message).toMatch(
      /^network\.modules\.m9\.neurons: /,
    );
    expect(errorOf(() => set("epochs=3")).message).toMatch(/unknown field "epochs"/);
  });

  it("never touches a prototype, whatever the path", () => {
    const key = fc.constantFrom(
      "__proto__",
      "constructor",
      "prototype",
      "toString",
      "network",
      "modules",
      "0",
      "a",
    );
    const keys = fc.array(key, { minLength: 1, maxLength: 4 });
    const names = () =>
      [Object.prototype, Function.prototype, Array.prototype].map(Object.getOwnPropertyNames);
    const before = names();
    fc.assert(
      fc.property(keys, fc.constantFrom("1", '{"a": 1}', "text"), (path, value) => {
        try {
          override(preset, `${path.join(".")}=${value}`);
        } catch (error) {
          expect(error).toHaveProperty("code");
        }
        expect(names()).toEqual(before);
      }),
    );
  });
});
