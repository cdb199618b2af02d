import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/simulation/checkpoint.js";
import { runEddy, startEddy } from "../child-process.js";
import { scene } from "../simulation/running.js";
import { temporaryFolder } from "../temporary-folder.js";

const root = temporaryFolder();
const file = join(root, "scene.json");
writeFileSync(file, JSON.stringify(scene));

const bits = async (folder: string, tick: number) => {
  const name = `tick-${String(tick).padStart(12, "0")}`;
  const { snapshot } = await readCheckpoint(join(folder, name));
  return [...snapshot.tensors].map(([tensor, { data }]) => [
    tensor,
    Buffer.from(data.buffer).toString("hex"),
  ]);
};

describe("eddy run", () => {
  it("keeps checkpoints, and goes on from them bit for bit", async () => {
    const [cut, whole] = ["cut", "whole"].map((name) => join(root, name));
    const headless = ["--headless", "--json"];
    const first = await runEddy(["run", file, ...headless, "--ticks", "57", "--checkpoints", cut]);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('{"event":"checkpoint","tick":57,"name":"tick-000000000057"}');
    const second = await runEddy(["run", ...headless, "--from", cut, "--ticks", "120", "--checkpoints", cut]);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/^goes on from .*tick-000000000057\.json, at tick 57\n/);
    await runEddy([
      "run",
      file,
      ...headless,
      "--ticks",
      "120",
      "--checkpoints",
      whole,
      "--every-ticks",
      "13",
    ]);
    expect(await bits(cut, 120)).toEqual(await bits(whole, 120));
  });

  it("writes a last one at Ctrl-C", async () => {
    const folder = join(root, "interrupted");
    const options = ["--headless", "--json", "--speed", "200", "--checkpoints", folder, "--every", "1000"];
    const run = startEddy(["run", file, ...options]);
    await run.says(/"trial":2/);
    run.process.kill("SIGINT");
    const { stdout } = await run.ended;
    const [, tick] = /"ended":true,"tick":(\d+)/.exec(stdout) ?? [];
    expect(readdirSync(folder).filter((name) => name.endsWith(".json"))).toEqual([
      `tick-${tick.padStart(12, "0")}.json`,
    ]);
  });

  it("passes over a damaged one, and says so", async () => {
    const folder = join(root, "damaged");
    const options = ["--headless", "--json", "--checkpoints", folder, "--ticks"];
    await runEddy(["run", file, ...options, "10"]);
    await runEddy(["run", "--from", folder, ...options, "20"]);
    const latest = join(folder, "tick-000000000020.json");
    writeFileSync(latest, readFileSync(latest, "utf8").replace('"tick": 20', '"tick": 21'));
    const { stdout, stderr } = await runEddy([
      "run",
      "--from",
      folder,
      "--headless",
      "--json",
      "--ticks",
      "15",
    ]);
    expect(stderr).toMatch(/^passed over: checkpoint .*tick-000000000020\.json: damaged/);
    expect(stdout).toMatch(
      /\{"event":"checkpointDamaged","name":"tick-000000000020","reason":"checkpoint .*"tick":11\}/,
    );
  });

  it("refuses what a checkpoint cannot go on with", async () => {
    const folder = join(root, "kept");
    await runEddy(["run", file, "--headless", "--checkpoints", folder, "--ticks", "8"]);
    for (const [args, message] of [
      [[file, "--from", folder], /a checkpoint brings its own run: leave the file out/],
      [["--from", folder, "-p", "batch=7"], /of another run: batch is 3 there and 7 here/],
      [["--from", folder, "--ticks", "8"], /ticks: given 8, needed more than the 8 made already/],
      [[file, "--checkpoints", folder], /there are some of another run already/],
      [[file, "--every", "5"], /--every: needed --checkpoints FOLDER beside it/],
      [["--from", join(root, "nowhere")], /neither a file .*nowhere\.json nor a folder .*nowhere;/],
      [[file, "--checkpoints", file], /scene\.json is a file where a folder is needed; choose another\n$/],
      [["--port", "8080"], /given --headless and --port; a headless run has no server/],
    ] as const) {
      const { code, stderr } = await runEddy(["run", "--headless", ...args]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    }
  });
});
