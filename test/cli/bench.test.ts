import { describe, expect, it } from "vitest";
import { z } from "zod";
import { benchResultSchema } from "../../src/simulation/bench/bench-result.js";
import { runEddy } from "../child-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const report = benchResultSchema.extend({
  eddy: z.string().regex(/^\d+\.\d+\.\d+/),
  backend: z.string(),
  node: z.literal(process.versions.node),
  machine: z.strictObject({
    cpu: z.string().min(1),
    cores: z.int().min(1),
    memory_gib: z.int(),
    platform: z.literal(`${process.platform} ${process.arch}`),
    flags: z.array(z.string()),
  }),
});

const small = [
  "bench",
  "--backend",
  "reference",
  "--neurons",
  "16",
  "--batches",
  "1,2",
  "--seconds",
  "0.001",
];

const folder = temporaryFolder();

describe("eddy bench", () => {
  it("--json prints one object, with the fields of the baselines and more", async () => {
    const { code, stdout, stderr } = await runEddy([...small, "--only", "steps,ticks", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const result = report.parse(JSON.parse(stdout));
    expect(result).toMatchObject({ modules: 2, neurons: 16, iterations: [8, 8], backend: "reference" });
    expect(Object.keys(result.batches)).toEqual(["1", "2"]);
    expect(result.batches["1"].ticks_per_s).toBeGreaterThan(0);
  });

  it("tells people the same in tables", async () => {
    const { code, stdout } = await runEddy([...small, "--only", "steps,ticks,overhead"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Eddy \d.*backend reference/);
    expect(stdout).toMatch(/learning step, batch 2 +[\d.]+ +[\d.]+ +\d+\n/);
    expect(stdout).toMatch(/the stimulus rests +[\d,]+/);
    expect(stdout).toMatch(/2 modules of 64 /);
    expect(stdout).not.toMatch(/connection rates/);
  });

  it("measures how cost and memory grow", { timeout: 120_000 }, async () => {
    const args = ["--quick", "--only", "modules,sizes,rates", "--json"];
    const { code, stdout } = await runEddy([...small, ...args]);
    expect(code).toBe(0);
    const { sweeps, skipped } = report.parse(JSON.parse(stdout));
    // on a machine that is busy a quick bench leaves out what it has no time for, and says so
    expect(sweeps.modules.length + sweeps.sizes.length + sweeps.rates.length + skipped.length).toBe(8);
    for (const { connections, neurons, bytes_per_connection } of sweeps.sizes) {
      expect(connections).toBeGreaterThan(50 * neurons);
      expect(bytes_per_connection).toBeGreaterThan(0);
    }
  });

  it.each<[args: string[], text: RegExp]>([
    [
      ["--only", "step"],
      /'step' is invalid.*steps, ticks, overhead, modules, sizes, rates, epoch, decisions/,
    ],
    [["--batches", "1,x"], /'1,x' is invalid.*whole number from 1/],
    [["--batches", "0"], /whole number from 1/],
    [["--neurons", "8"], /whole number from 16/],
    [["--modules", "0"], /whole number from 1/],
    [["--seconds", "0"], /'0' is invalid.*number from 0\.001/],
    [["--seconds", "soon"], /'soon' is invalid/],
    [["--tolerance", "-1"], /number from 0 to 1/],
    [["--epsilon", "x"], /'x' is invalid/],
    [["--backend", "abacus"], /backend "abacus" is unknown/],
    [["--fast"], /unknown option '--fast'/],
  ])("refuses %j", async (args, text) => {
    expect(await refused(["bench", ...args])).toMatch(text);
  });

  it("refuses what needs data that are not there", async () => {
    expect(await refused([...small, "--only", "epoch", "--data", folder])).toMatch(
      /eddy data get fashion-mnist/,
    );
  });
});
