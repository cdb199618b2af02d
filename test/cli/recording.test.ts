import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { runEddy, startEddy } from "../child-process.js";
import { scene } from "../simulation/running.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const file = join(folder, "scene.json");
writeFileSync(file, JSON.stringify(scene));
const place = (name: string) => join(folder, name);
const run = place("run");

describe("eddy record, replay and export", () => {
  it("record a run, which replays to the bit with other threads and other code", async () => {
    const topics = "state/m1,weights/m1->m2,metrics/gabor,events";
    const recording = ["record", file, "--out", run, "--ticks", "400", "--every", "2", "--topics", topics];
    const recorded = await runEddy([...recording, "--hashes", "ticks", "--json"], {
      env: { EDDY_THREADS: "1" },
    });
    expect(recorded).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(recorded.stdout)).toEqual({ recording: run, tick: 400, ended: "ended" });
    const forms = [{ EDDY_THREADS: "1", EDDY_SIMD: "wasm" }, { EDDY_THREADS: "2" }];
    for (const env of forms) {
      const { code, stdout } = await runEddy(["replay", run], { env });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "400 ticks, 0 interventions, 401 hashes equal\n" });
    }
  });

  it("export what was recorded, as CSV and for NumPy", async () => {
    const csv = place("csv");
    const { code, stdout } = await runEddy(["export", run, "--csv", csv, "--from", "10", "--to", "20"]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toEqual(
      ["state.m1", "weights.m1-~3Em2", "metrics.gabor", "events"].map((name) => join(csv, `${name}.csv`)),
    );
    const lines = readFileSync(join(csv, "state.m1.csv"), "utf8").trim().split("\n");
    expect(lines[0]).toBe(`tick,epoch,${Array.from({ length: 32 }, (_unused, i) => `u${i}`).join(",")}`);
    expect(lines.slice(1).map((line) => line.split(",", 2))).toEqual(
      [10, 12, 14, 16, 18, 20].map((tick) => [String(tick), "0"]),
    );
    const npz = place("run.npz");
    const topics = ["--topics", "state/m1,metrics/gabor", "--from", "10", "--to", "20"];
    expect((await runEddy(["export", run, "--npz", npz, ...topics])).code).toBe(0);
    const arrays = unzipSync(readFileSync(npz));
    const values = Buffer.from(arrays["state/m1/values.npy"]);
    const start = 10 + values.readUInt16LE(8);
    expect(values.subarray(1, 6).toString()).toBe("NUMPY");
    expect(values.subarray(10, start).toString()).toContain(
      "'descr': '<f4', 'fortran_order': False, 'shape': (6, 32,)",
    );
    expect(start % 64).toBe(0);
    const numbers = new Float32Array(new Uint8Array(values.subarray(start)).buffer);
    expect([...numbers.subarray(32, 64)]).toEqual(lines[2].split(",").slice(2).map(Number));
    expect(Object.keys(arrays)).toContain("metrics/gabor/accuracy.npy");
  });

  it("say where a replay differs, with exit code 1", async () => {
    const described = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    // its phases end at other ticks now
    described.run.schedule.ticks.inference = 5;
    writeFileSync(join(run, "run.json"), JSON.stringify(described));
    const { code, stdout } = await runEddy(["replay", run, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).difference).toMatchObject({
      what: expect.stringMatching(/state|error/),
      name: expect.stringMatching(/^m[12]$/),
    });
  });

  it("end a recording whole at Ctrl-C", async () => {
    const out = place("stopped");
    const child = startEddy(["record", file, "--out", out, "--every", "1"]);
    while (!existsSync(join(out, "run.json"))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.process.kill("SIGINT");
    expect((await child.ended).code).toBe(130);
    expect(await runEddy(["replay", out])).toMatchObject({ code: 0, stderr: "" });
  });

  it("record beside a live run, until the limit, while the run goes on", async () => {
    const out = place("beside");
    const limits = ["--max-bytes", "300KiB", "--record-every", "1"];
    const { code, stderr } = await runEddy([
      "run",
      file,
      "--headless",
      "--ticks",
      "8000",
      "--record",
      out,
      ...limits,
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/recording beside ended at tick \d+: bytesMax/);
    const replayed = await runEddy(["replay", out]);
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/hashes equal/) });
  });

  mkdirSync(place("there"));
  it.each<[args: string[], text: RegExp]>([
    [["record"], /required option '--out <folder>'/],
    [["record", "--out", place("there")], /there exists; choose another folder/],
    [["record", "--out", place("a b")], /name: given "a b"/],
    [["record", "--out", place("x"), "--every", "0"], /whole number from 1/],
    [["record", "--out", place("x"), "--max-bytes", "1MB"], /as 500MiB or 1GiB/],
    [["record", "--out", place("x"), "--hashes", "never"], /one of phases, ticks/],
    [["record", file, "--out", place("x"), "--topics", "state/m9"], /no topic "state\/m9"/],
    [
      ["run", "--record", place("x"), "--recordings", folder],
      /--record and --recordings; they exclude each other/,
    ],
    [["record", "--out", join(file, "x")], /scene\.json is a file where a folder is needed/],
    [["run", "--recordings", file], /scene\.json is a file where a folder is needed/],
    [["run", "--headless", "--recordings", place("x")], /headless run to record: needed --record/],
    [["run", "--max-bytes", "1MiB"], /^eddy: --max-bytes: needed --record FOLDER or --recordings FOLDER/],
    [["run", "--record-topics", "events"], /^eddy: --record-topics: needed --record FOLDER/],
    [["run", "--record-every", "3"], /^eddy: --record-every: needed --record FOLDER/],
    [["replay", place("nowhere")], /there is no run\.json in it/],
    [["replay", run, "--from", "x"], /whole number/],
    [["replay", run, "--backend", "abacus"], /abacus/],
    [["export", run], /needed one of --csv FOLDER and --npz FILE/],
    [["export", run, "--csv", place("there")], /there exists/],
    [["export", run, "--csv", place("y"), "--topics", "state/m7"], /has no "state\/m7"; it has state\/m1/],
    [["export", run, "--csv", place("y"), "--from", "20", "--to", "10"], /given --from 20 --to 10/],
    [["export", run, "--npz", join(file, "x.npz")], /scene\.json is a file where a folder is needed/],
    [["export", run, "--csv", join(file, "x")], /scene\.json is a file where a folder is needed/],
    [["export", place("nowhere"), "--npz", place("z")], /there is no run\.json/],
  ])("refuse %j", async (args, text) => {
    expect(await refused(args)).toMatch(text);
    for (const name of ["x", "y", "z"]) expect(existsSync(place(name))).toBe(false);
  });
});
