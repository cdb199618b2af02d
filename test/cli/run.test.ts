import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { runEddy, startEddy } from "../child-process.js";
import { type Client, login } from "../server/client.js";
import { scene } from "../simulation/running.js";
import { imageRun } from "../simulation/small-runs.js";
import { temporaryFolder } from "../temporary-folder.js";
import { refused } from "./refused.js";

const folder = temporaryFolder();
const file = join(folder, "scene.json");
writeFileSync(file, JSON.stringify({ ...scene, batch: 1 }));
const headless = ["run", file, "--headless", "--backend", "reference"];

const objects = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Where `eddy run` says to look. */
function addressIn(text: string) {
  const [, port, token] = /http:\/\/127\.0\.0\.1:(\d+)\/#token=([^\s"]+)/.exec(text) ?? [];
  return { port: Number(port), token: decodeURIComponent(token) };
}

describe("eddy run --headless", () => {
  it("makes its ticks and tells programs an object a trial, and how it ended", async () => {
    const { code, stdout, stderr } = await runEddy([...headless, "--ticks", "105", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = objects(stdout);
    expect(told.slice(0, -1).map(({ task, trial, tick }) => [task, trial, tick])).toEqual(
      Array.from({ length: 10 }, (_, trial) => ["gabor", trial, 10 * trial + 6]),
    );
    expect(told.at(-1)).toEqual({
      ended: true,
      tick: 105,
      tasks: { gabor: { trials: 10, accuracy: expect.any(Number), loss: expect.any(Number) } },
    });
  });

  it("tells people how it ended", async () => {
    const { code, stdout } = await runEddy([...headless, "--ticks", "105"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ended at tick 105: gabor: 10 trials, \d+ % right, loss \d\.\d+ \(last 100\)\n$/);
  });

  it("repeats itself with the same seed, and not with another", async () => {
    const last = async (...args: string[]) =>
      objects((await runEddy([...headless, "--ticks", "105", "--json", ...args])).stdout).at(-1).tasks;
    const [one, same, other] = await Promise.all([
      last("--seed", "3"),
      last("-p", "seed=3"),
      last("--seed", "4"),
    ]);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it("learns the built-in scene without a file", async () => {
    const { code, stdout } = await runEddy([
      "run",
      "--headless",
      "--ticks",
      "6600",
      "--json",
      "--backend",
      "reference",
    ]);
    expect(code).toBe(0);
    // the running mean looks back on the last hundred of 300 trials
    expect(objects(stdout).at(-1).tasks.gabor).toMatchObject({
      trials: 300,
      accuracy: expect.closeTo(100, -1),
    });
  });

  it("stops at Ctrl-C, and tells how it stood", async () => {
    const child = startEddy([...headless, "--json"]);
    await child.says(/"trial":20\b/);
    child.process.kill("SIGINT");
    const { code, stdout } = await child.ended;
    expect(code).toBe(130);
    expect(objects(stdout).at(-1)).toMatchObject({
      ended: true,
      tasks: { gabor: { trials: expect.any(Number) } },
    });
  });

  it("is no faster than the pace that it is given", async () => {
    const startMs = performance.now();
    const { code, stdout } = await runEddy([...headless, "--ticks", "11", "--speed", "25", "--json"]);
    // ten whole periods of 40 ms
    expect(performance.now() - startMs).toBeGreaterThan(400);
    expect(code).toBe(0);
    expect(objects(stdout).at(-1)).toMatchObject({ tick: 11 });
  });
});

describe("eddy run", () => {
  it("prints where to look, serves there, and ends cleanly at Ctrl-C", async () => {
    const child = startEddy(["run", file, "--backend", "reference"]);
    const [said] = await child.says(/small scene: look at http:\S+\n/);
    const { port, token } = addressIn(said);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/<title>/i);
    const client: Client = await login(port, token);
    const { channel } = await client.subscribe("metrics/gabor");
    await client.frames(channel, 2);
    child.process.kill("SIGINT");
    const { code, signal, stderr } = await child.ended;
    expect({ code, signal, stderr }).toEqual({ code: 130, signal: null, stderr: "bye\n" });
    expect((await client.closed).code).toBe(4001);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it.skipIf(process.platform === "win32")(
    "obeys a Ctrl-C that comes while the network is built, without a word about an address",
    async () => {
      const data = join(folder, "mnist");
      writeLearnableSet(data, { training: 20, test: 10 });
      // whoever reads a pipe waits for its writer: the network is being built until then
      const labels = join(data, "t10k-labels-idx1-ubyte");
      const bytes = readFileSync(labels);
      rmSync(labels);
      execFileSync("mkfifo", [labels]);
      const images = join(folder, "images.json");
      const schedule = { kind: "continuous" };
      writeFileSync(images, JSON.stringify({ ...imageRun, rule: "EPE", schedule, batch: 1 }));
      const child = startEddy(["run", images, "--backend", "reference", "--data", folder]);
      const pipe = await open(labels, "w");
      child.process.kill("SIGINT");
      await pipe.writeFile(bytes);
      await pipe.close();
      expect(await child.ended).toEqual({
        code: 130,
        signal: null,
        stdout: "stopped at tick 0: no trial yet\n",
        stderr: "bye\n",
      });
    },
  );

  it("tells programs its address as JSON, and takes the port it is given", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const child = startEddy(["run", file, "--backend", "reference", "--json", "--port", String(port)]);
    const [said] = await child.says(/.*\n/);
    expect(addressIn(JSON.parse(said).url).port).toBe(port);
    child.process.kill("SIGTERM");
    expect((await child.ended).code).toBe(130);
  });

  it("refuses a port that is in use", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    const line = await refused(["run", file, "--backend", "reference", "--port", String(port)]);
    expect(line).toMatch(new RegExp(`^eddy: port ${port} on 127\\.0\\.0\\.1 is in use; .*another port`));
    blocker.close();
  });
});
