import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { BenchError } from "../../bench/bench-error.js";
import { comparisonSchema } from "../../bench/measured.js";
import { caseArguments, eddySystem, measure } from "../../bench/systems.js";
import { baselinePython } from "../../bench/virtual-environment.js";
import { root } from "../built.js";
import { temporaryFolder } from "../temporary-folder.js";
import { comparison } from "./comparison.js";

const folder = temporaryFolder();
const windows = process.platform === "win32";
const run = promisify(execFile);

/** Runs one of the scripts of bench/. */
async function script(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const ended = await run(join(root, "bench", name), [...args], { env: { ...process.env, ...env } }).catch(
    (error) => error,
  );
  return { code: ended.code ?? 0, stdout: String(ended.stdout), stderr: String(ended.stderr) };
}

describe("a system", () => {
  it("is a backend, settings of the environment and options", () => {
    const system = eddySystem("/eddy", " wasm  EDDY_THREADS=1 --tolerance 0.01 ");
    expect(system).toMatchObject({
      name: "wasm  EDDY_THREADS=1 --tolerance 0.01",
      baseline: false,
      environment: { EDDY_THREADS: "1" },
    });
    expect(system.arguments.slice(1)).toEqual([
      "bench",
      "--json",
      "--backend",
      "wasm",
      "--tolerance",
      "0.01",
    ]);
    expect(() => eddySystem("/eddy", "--tolerance 1")).toThrow(/needed a backend first/);
  });

  it("makes ticks at batch 1 only, a baseline whatever it makes", () => {
    const system = eddySystem("/eddy", "wasm");
    const one = { modules: 2, neurons: 64, batch: 1, seconds: 0.5 };
    expect(caseArguments(system, one).join(" ")).toBe(
      "--modules 2 --neurons 64 --batches 1 --seconds 0.5 --only steps,ticks",
    );
    expect(caseArguments(system, { ...one, batch: 8 })).toContain("steps");
    expect(caseArguments({ ...system, baseline: true }, one)).not.toContain("--only");
  });

  it("that fails says what it complained about", async () => {
    const failing = {
      ...eddySystem(root, "wasm"),
      arguments: ["--eval", 'console.error("a\\nb"); process.exit(3)'],
    };
    await expect(measure(failing, [])).rejects.toThrow(new BenchError("wasm: b"));
    const killed = { ...failing, arguments: ["--eval", 'process.kill(process.pid, "SIGKILL")'] };
    if (!windows) await expect(measure(killed, [])).rejects.toThrow(/ended by SIGKILL/);
  });
});

describe("a baseline's virtual environment", () => {
  it("is never made over a folder of somebody else's", async () => {
    const mine = join(folder, "jax");
    mkdirSync(mine);
    writeFileSync(join(mine, "thesis.txt"), "mine");
    await expect(baselinePython("jax", folder)).rejects.toThrow(
      /jax is no virtual environment.*EDDY_BENCH_VENVS/,
    );
    expect(readFileSync(join(mine, "thesis.txt"), "utf8")).toBe("mine");
  });
});

describe.skipIf(windows)("bench/compare", { timeout: 120_000 }, () => {
  it("measures in rounds, writes what it measured, and bench/plot draws it", async () => {
    const file = join(folder, "result.json");
    const systems = ["--system", "reference", "--system", "abacus", "--system", "reference --tolerance 0.1"];
    const few = [
      "--no-baselines",
      "--batches",
      "1,2",
      "--neurons",
      "16",
      "--rounds",
      "2",
      "--seconds",
      "0.001",
    ];
    const { code, stdout, stderr } = await script("compare", [...systems, ...few, "--out", file]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/left out: abacus: .*backend "abacus" is unknown/);
    expect(stderr).toMatch(/round 2 of 2, batch 2: reference/);
    expect(stdout).toMatch(/learning step, batch 2, ms +[\d.]+ +[\d.]+\n/);
    const result = comparisonSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    expect(result).toMatchObject({ modules: 2, neurons: 16, rounds: 2 });
    expect(result.versions.node).toBe(process.versions.node);
    expect(result.rows.map(({ row }) => row)).toContain("continuous, the stimulus rests");
    expect(result.left_out).toHaveLength(1);

    const plot = join(folder, "plot.svg");
    expect((await script("plot", [file, plot])).code).toBe(0);
    expect(readFileSync(plot, "utf8")).toContain("reference --tolerance 0.1</text>");
  });

  it.each<[args: string[], text: RegExp]>([
    [["--rounds", "0"], /--rounds 0: needed a whole number above 0/],
    [["--batches", "1,,2"], /--batches : needed a whole number/],
    [["--seconds", "x"], /--seconds x: needed a number/],
    [["--device", "tpu"], /--device tpu: needed cpu or cuda/],
    [["--round", "2"], /Unknown option '--round'/],
    [["--baselines", "nowhere"], /jax_baseline\.py: there is no such file.*EDDY_BASELINES.*--no-baselines/],
    [["--no-baselines", "--system", "abacus"], /none of the systems is available/],
  ])("refuses %j", async (args, text) => {
    const { code, stdout, stderr } = await script("compare", args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(text);
  });
});

describe.skipIf(windows)("bench/plot", () => {
  it("refuses what bench/compare did not write", async () => {
    const wrong = join(folder, "wrong.json");
    writeFileSync(wrong, JSON.stringify({ ...comparison, rounds: "two" }));
    const { code, stderr } = await script("plot", [wrong, join(folder, "none.svg")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bench\/plot: .*wrong\.json: rounds: /);
    expect((await script("plot", [wrong])).stderr).toMatch(/needed two files/);
  });
});
