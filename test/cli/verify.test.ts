import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSafetensors, serialiseSafetensors } from "../../src/simulation/safetensors.js";
import { root } from "../built.js";
import { runEddy } from "../child-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const golden = (name: string) => join(root, "test/golden", name);
const cases = ["ste-2x64", "epe-3x64", "epe-1x256-sgd-batch1", "two-tasks-shared-feedback"];
const files = cases.map((name) => golden(`${name}.json`));

/** A copy of a case with one number changed. */
function altered(name: string, tensor: string, by: number): string {
  const copy = join(folder, `${name}.json`);
  copyFileSync(golden("ste-2x64.json"), copy);
  const tensors = new Map(parseSafetensors(readFileSync(golden("ste-2x64.safetensors")), name));
  const { data } = tensors.get(tensor)!;
  data[Math.floor(data.length / 2)] += by;
  writeFileSync(join(folder, `${name}.safetensors`), serialiseSafetensors(tensors));
  return copy;
}

describe("eddy verify", () => {
  it("passes all reference cases, one line each", async () => {
    const { code, stdout } = await runEddy(["verify", ...files]);
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(cases.length);
    for (const [i, line] of lines.entries())
      expect(line).toMatch(new RegExp(`^ok +${cases[i]} on simd: states \\d`));
  });

  it("tells programs what it told people", async () => {
    const { code, stdout } = await runEddy(["verify", ...files, "--backend", "reference", "--json"]);
    expect(code).toBe(0);
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.map(({ name, backend, passed }) => [name, backend, passed])).toEqual(
      cases.map((name) => [name, "reference", true]),
    );
    for (const { deviations, compared } of told) {
      expect(deviations.states).toBeLessThanOrEqual(1e-5);
      expect(deviations.gradients).toBeLessThanOrEqual(1e-5);
      expect(deviations.weights).toBeLessThanOrEqual(2e-5);
      expect(compared).toBeGreaterThan(10);
    }
  });

  it.each([
    ["a state", "step2/y(m1)", 2e-5, "states"],
    ["a gradient", "step3/gradient(x->m1)", 2e-5, "gradients"],
    ["a weight", "step1/after/m1->m2", 4e-5, "weights"],
  ])("finds %s that is off, says where, and exits 1", async (what, tensor, by, kind) => {
    const file = altered(what.replace(" ", "-"), tensor, by);
    const { code, stdout } = await runEddy([
      "verify",
      file,
      golden("epe-3x64.json"),
      "--backend",
      "reference",
    ]);
    expect(code).toBe(1);
    const [first, second] = stdout.trim().split("\n");
    expect(first).toMatch(/^FAIL ste-2x64 on reference: /);
    expect(first).toContain(`${kind} `);
    expect(first).toContain(`at ${tensor}`);
    expect(second).toMatch(/^ok +epe-3x64/);
  });

  it("notices when it is the start that is off", async () => {
    const { code } = await runEddy([
      "verify",
      altered("start", "initial/m1.W", 0.1),
      "--backend",
      "reference",
    ]);
    expect(code).toBe(1);
  });

  it("refuses what it cannot read, and says which file", async () => {
    expect(await refused(["verify", join(folder, "none.json")])).toMatch(/none\.json: there is no such file/);
    const alone = join(folder, "alone.json");
    copyFileSync(golden("ste-2x64.json"), alone);
    expect(await refused(["verify", alone])).toMatch(/alone\.safetensors: there is no such file/);
    const cut = altered("cut", "initial/m1.W", 0);
    const tensors = cut.replace(".json", ".safetensors");
    writeFileSync(tensors, readFileSync(tensors).subarray(0, 5000));
    expect(await refused(["verify", cut])).toMatch(/cut\.safetensors: not a whole safetensors file/);
    writeFileSync(alone, "{");
    expect(await refused(["verify", alone])).toMatch(/alone\.json: not JSON/);
    writeFileSync(alone, '{"format": "reference-case/2"}');
    copyFileSync(golden("ste-2x64.safetensors"), join(folder, "alone.safetensors"));
    expect(await refused(["verify", alone])).toMatch(
      /alone\.json: not a reference case: its format is not "reference-case\/1"/,
    );
    expect(await refused(["verify", golden("ste-2x64.json"), "--backend", "abacus"])).toMatch(
      /"abacus" is unknown/,
    );
    expect(await refused(["verify"])).toMatch(/missing required argument/);
  });
});
