import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runEddy, startEddy } from "../child-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const at = { cwd: folder };

const run = {
  network: { preset: "chain", modules: 1, neurons: 32, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 20,
  schedule: { kind: "phased", epochs: 2 },
  stimuli: { gabor: { source: "gabor", noise: 1, trainingImages: 100, testImages: 50 } },
};
const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
write("one.json", run);
write("set.json", { run, vary: { "network.neurons": [16, 32] }, set: { "network.neurons": 32 } });
write("two.json", { ...run, rule: "STE", beta: 0.5 });

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

/** A result's rows without the time that they took. */
const rowsIn = (name: string) => read("results", name, "data.csv").replace(/,[\d.]*$/gm, "");

describe("eddy experiment", () => {
  it("lists all of them", async () => {
    const { code, stdout } = await runEddy(["experiment", "list"]);
    expect(code).toBe(0);
    expect(stdout).toContain("table-1");
    const { stdout: json } = await runEddy(["experiment", "list", "--json"]);
    expect(lines(json).length).toBe(stdout.trim().split("\n").length);
  });

  it("makes one that needs no data", { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await runEddy(["experiment", "appendix-2", "--smoke"], at);
    expect(stderr).toMatch(/^appendix-2, 1 of \d+: noise 0\.2, seed 1 /);
    expect(code).toBe(0);
    expect(stdout).toContain("appendix-2-smoke/report.md");
    expect(read("results", "appendix-2-smoke", "figure.svg")).toContain("<svg");
    const record = JSON.parse(read("results", "appendix-2-smoke", "run.json"));
    expect(record).toMatchObject({
      command: "eddy experiment appendix-2 --smoke",
      description: { form: "smoke" },
    });
    expect(JSON.stringify(record)).not.toContain(folder);
  });

  it.each([
    [["experiment", "fig-3cff"], "did you mean fig-3cf?"],
    [["experiment", "fig-3cf", "--vary", "SR0=1"], "did you mean SR?"],
    [["experiment", "fig-3cf", "--vary", "iterations=3-3"], "2-2, 4-4, 8-8, 16-16"],
    [["experiment", "appendix-2", "-p", "network.neurns=8"], "did you mean neurons?"],
    [["experiment", "appendix-2", "-p", "nonsense"], "needed path=value"],
    [["experiment", "fig-3cf", "--data", "nowhere"], "eddy data get fashion-mnist"],
    [["experiment", "appendix-2", "--smoke", "--backend", "cuda"], "cuda"],
    [["experiment", "appendix-2", "--seeds", "0"], "whole number"],
    [["sweep", "absent.json"], "absent.json"],
    [["sweep", "set.json"], "set.network.neurons: the axis network.neurons sets this"],
    [["sweep", "one.json", "--vary", "beta"], "--vary beta: needed axis=value,value"],
    [["sweep", "one.json", "-p", "rule=FA"], "connectionRate: given 0.25, needed 0 with the rules BP and FA"],
    [["experiment", "all", "--vary", "data=mnist"], "one experiment by its name"],
    [["experiment", "overview", "--out", "absent"], "no such folder"],
    [["compare", "one.json"], "two or more"],
    [["compare", "one.json", "absent"], "absent"],
    [["compare", "one.json", "."], "among files"],
    [["compare", ".", "."], "no result"],
  ])("refuses %j in one line", async (args, message) => {
    expect(await refused(args, at)).toContain(message);
  });
});

describe("eddy sweep", () => {
  it("measures every combination of fields of a run file, and draws it", { timeout: 120_000 }, async () => {
    const args = [
      "sweep",
      "one.json",
      "--vary",
      "network.spectralRadius=0.1,0.5",
      "--vary",
      "rule=STE,EPE",
      "--json",
    ];
    const { code, stdout, stderr } = await runEddy(args, at);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = lines(stdout);
    expect(told.slice(0, 4).map((line) => [line["network.spectralRadius"], line.rule, line.done])).toEqual([
      [0.1, "STE", 1],
      [0.1, "EPE", 2],
      [0.5, "STE", 3],
      [0.5, "EPE", 4],
    ]);
    expect(told[4]).toMatchObject({ result: "results/one", finished: 4, all: 4 });
    expect(readdirSync(join(folder, "results", "one")).sort()).toEqual([
      "data.csv",
      "figure.png",
      "figure.svg",
      "report.md",
      "run.json",
    ]);
  });

  it("gives the same numbers with several jobs", { timeout: 120_000 }, async () => {
    const args = ["sweep", "one.json", "--vary", "network.spectralRadius=0.1,0.5", "--vary", "rule=STE,EPE"];
    const { code } = await runEddy([...args, "--jobs", "2", "--out", "results/jobs"], at);
    expect(code).toBe(0);
    expect(rowsIn("jobs")).toBe(rowsIn("one"));
  });

  it.each([1, 2])("stops at Ctrl-C and goes on, with %i jobs", { timeout: 120_000 }, async (jobs) => {
    const name = `stopped-${jobs}`;
    const args = [
      "sweep",
      "one.json",
      "--vary",
      "beta=0.5,1",
      "--seeds",
      "3",
      "--epochs",
      "30",
      "--jobs",
      String(jobs),
    ];
    const child = startEddy([...args, "--json", "--out", `results/${name}`], at);
    await child.says(/"done":1,/);
    child.process.kill("SIGINT");
    const { code, stderr } = await child.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: "stopped; what is finished is kept: the same command goes on from there\n",
    });
    const { cells } = JSON.parse(read("results", name, "run.json"));
    expect(cells.finished).toBeGreaterThan(0);
    expect(cells.finished).toBeLessThan(cells.all);
    const again = lines((await runEddy([...args, "--json", "--out", `results/${name}`], at)).stdout);
    expect(again).toHaveLength(cells.all - cells.finished + 1);
    expect((await runEddy([...args, "--out", "results/whole", "--force"], at)).code).toBe(0);
    expect(rowsIn(name)).toBe(rowsIn("whole"));
    expect(existsSync(join(folder, "results", name, "cells.jsonl"))).toBe(false);
  });
});

describe("eddy compare", () => {
  it("trains run files side by side", { timeout: 60_000 }, async () => {
    const { code } = await runEddy(["compare", "one.json", "two.json"], at);
    expect(code).toBe(0);
    expect(read("results", "one-vs-two", "data.csv")).toMatch(/^runs,one,1,1,gabor,/m);
    expect(read("results", "one-vs-two", "data.csv")).toMatch(/^runs,two,1,2,gabor,/m);
  });

  it("sets results side by side, and says what differs", { timeout: 60_000 }, async () => {
    await runEddy(["sweep", "two.json"], at);
    await runEddy(["sweep", "two.json", "-p", "beta=0.7", "--out", "results/beta"], at);
    const { code, stdout } = await runEddy(["compare", "results/two", "results/beta"], at);
    expect(code).toBe(0);
    expect(stdout).toMatch(/beta.*absent.*0\.7/);
    const out = await runEddy(["compare", "results/two", "results/beta", "--out", "results/both"], at);
    expect(out.code).toBe(0);
    expect(read("results", "both", "figure.svg")).toContain("beta");
    expect(await refused(["compare", "results/two", "results/beta", "--out", "results/both"], at)).toContain(
      "--force",
    );
  });
});
