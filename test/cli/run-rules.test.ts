import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runEddy } from "../child-process.js";
import { scene } from "../simulation/running.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const file = join(temporaryFolder(), "scene.json");
writeFileSync(file, JSON.stringify({ ...scene, batch: 1 }));
const headless = ["run", file, "--headless", "--backend", "reference"];

describe("eddy run --stop and --alarm", () => {
  it("end the run, and tell; people read which rule it was", async () => {
    const { code, stdout, stderr } = await runEddy([
      ...headless,
      ...["--alarm", "residual m1<10", "--stop", "notFinite", "--stop", "accuracy gabor > 0.3 over 6"],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^alarm at tick 6: residual m1 < 10 \(\S+\)\n$/);
    expect(stdout).toMatch(
      /^ended at tick \d+ by accuracy gabor > 0\.3 over 6 \(0\.\d+\): gabor: \d+ trials, \d+ % right, .*\n$/,
    );
  });

  it("tell programs, too", async () => {
    const { code, stdout } = await runEddy([
      ...headless,
      ...["--json", "--ticks", "5000", "--alarm", "residual m1 < 20", "--stop", "residual m1 < 10"],
    ]);
    expect(code).toBe(0);
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    // one line for each alarm
    expect(told.filter((line) => JSON.stringify(line).includes("m1 < 20"))).toEqual([
      expect.objectContaining({ event: "alarm", name: "residual m1 < 20", value: expect.any(Number) }),
    ]);
    expect(told.at(-1)).toMatchObject({
      ended: true,
      tick: 6,
      by: { rule: "residual m1 < 10", value: expect.any(Number) },
    });
  });

  it("say what is wrong with them", async () => {
    expect(await refused([...headless, "--stop", "accuracy gabor"])).toMatch(
      /--stop <rule>.*'accuracy gabor' is invalid\. Needed "accuracy TASK > 0\.95 over 100"/,
    );
    expect(await refused([...headless, "--alarm", "residual m9 < 1"])).toMatch(
      /^eddy: when\.module: given "m9", needed one of m1, m2/,
    );
  });
});
