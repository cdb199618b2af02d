import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { feedforward } from "../../src/model/feedforward.js";
import { ruleNames } from "../../src/model/learning-rules.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { gaborScene, taskNames, trainingRun } from "../../src/simulation/built-in-runs.js";
import { describeRun, resolveRun } from "../../src/simulation/run-description.js";
import { root } from "../built.js";
import { runEddy } from "../child-process.js";
import { refused } from "./refused.js";

type Schema = Parameters<typeof z.fromJSONSchema>[0];
const schemas: Record<string, Schema> = {};
beforeAll(async () => {
  for (const what of ["run", "network"]) {
    const { code, stdout } = await runEddy(["schema", what]);
    expect(code).toBe(0);
    schemas[what] = JSON.parse(stdout);
  }
});

const fits = (what: string, value: unknown): boolean =>
  z.fromJSONSchema(schemas[what]).safeParse(JSON.parse(JSON.stringify(value))).success;

const examples = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".json"));
const continuous = { ...gaborScene, name: "a scene" };

describe("eddy schema", () => {
  it("prints JSON Schema 2020-12 whose references all lead somewhere", () => {
    for (const schema of Object.values(schemas)) {
      expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
      const references = JSON.stringify(schema).matchAll(/"\$ref":"#\/([^"]*)"/g);
      for (const [, path] of references) {
        const target = path
          .split("/")
          .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], schema);
        expect(target, path).toBeDefined();
      }
    }
  });

  it("prints that of run files when nothing is said", async () => {
    const { stdout } = await runEddy(["schema"]);
    expect(JSON.parse(stdout)).toEqual(schemas.run);
  });

  it("says what the fields mean, and their defaults", () => {
    expect(schemas.run).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["network"],
      properties: {
        batch: { type: "integer", minimum: 1, default: 500, description: "stimuli at once" },
        rule: { enum: ruleNames, default: "EPE" },
      },
    });
  });

  it.each([...taskNames])("takes the built-in run %s", (task) => {
    expect(fits("run", trainingRun(task, 3))).toBe(true);
    expect(fits("run", describeRun(resolveRun(trainingRun(task, 3))))).toBe(true);
  });

  it("takes the built-in scene, and networks from presets", () => {
    expect(fits("run", continuous)).toBe(true);
    expect(fits("run", describeRun(resolveRun(gaborScene)))).toBe(true);
    expect(fits("network", chain())).toBe(true);
    expect(fits("network", chain({ blocks: { RE: 0 } }))).toBe(true);
    expect(fits("network", feedforward())).toBe(true);
    for (const network of [
      { preset: "feedforward", feedback: "direct" },
      { preset: "chain", blocks: { RE: 10 } },
      { preset: "chain", roleConstraint: false },
    ])
      expect(fits("run", { ...continuous, network })).toBe(true);
    for (const preset of ["shared-modules", "shared-feedback", "recruitment"] as const)
      expect(fits("network", twoTasks({ preset }))).toBe(true);
  });

  it.each(examples)("takes examples/%s, which can be run", (file) => {
    const value = JSON.parse(readFileSync(join(root, "examples", file), "utf8"));
    expect(fits("run", value)).toBe(true);
    expect(resolveRun(value).network.modules.size).toBeGreaterThan(0);
  });

  it.each<[string, object]>([
    ["an unknown field", { epochs: 3 }],
    ["half a stimulus", { batch: 0.5 }],
    ["another rule", { rule: "SGD" }],
    ["another source", { stimuli: { gabor: { source: "imagenet" } } }],
    ["another schedule", { schedule: { kind: "now" } }],
    ["a spectral radius of 0", { network: { preset: "chain", spectralRadius: 0 } }],
    ["a connection rate over 1", { network: { preset: "chain", connectionRate: 1.5 } }],
    ["an unknown preset", { network: { preset: "ring" } }],
  ])("refuses %s", (_what, change) => {
    expect(fits("run", { ...continuous, ...change })).toBe(false);
  });

  it("is there for runs and networks only", async () => {
    expect(await refused(["schema", "weights"])).toMatch(/Needed one of run, network/);
  });
});
