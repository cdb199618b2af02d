import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { serve } from "../../../src/server/server.js";
import { simulate } from "../../../src/simulation/simulate.js";
import { commandLine } from "../../built.js";
import { startNode } from "../../child-process.js";

const scene = {
  name: "small scene",
  network: { preset: "chain", modules: 2, neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
  schedule: { kind: "continuous", ticks: { inference: 5, learning: 4 } },
  stimuli: { gabor: { source: "gabor" } },
  seed: 7,
};

/** `script` of util-linux runs a program in a terminal that is none. */
const hasTerminal = spawnSync("script", ["--version"]).stdout?.includes("util-linux") ?? false;

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function start(paused = true) {
  const simulation = await simulate(scene, { ticksPerSecond: 100, paused });
  toClose.push(() => simulation.close());
  const server = await serve({ simulation });
  toClose.push(() => server.close());
  return { simulation, server };
}

interface Terminal {
  press(keys: string): void;
  /** what was written so far */
  written(): string;
  /** the rows as they are shown now */
  rows(): readonly string[];
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
}

/** Runs the monitor in a terminal of 80 columns and 24 rows. */
function openTerminal(url: string, env: NodeJS.ProcessEnv = {}): Terminal {
  const command = `stty cols 80 rows 24; exec "${process.execPath}" "${commandLine}" monitor "${url}"`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    env: { ...process.env, TERM: "xterm", NODE_OPTIONS: "", EDDY_TOKEN: "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  toClose.push(() => child.kill("SIGKILL"));
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  return {
    press: (keys) => child.stdin.write(keys),
    written: () => written,
    rows() {
      const rows: string[] = [];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's rows are set by them
      for (const [, row, text] of written.matchAll(/\x1b\[(\d+);1H(.*?)\x1b\[0m\x1b\[K/g)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
        rows[Number(row) - 1] = text.replace(/\x1b\[[\d;]*m/g, "");
      }
      return rows;
    },
    process: child,
    ended: once(child, "close").then(([code]) => code as number | null),
  };
}

const eventually = <Value>(shown: () => Value | Promise<Value>) =>
  expect.poll(shown, { timeout: 20_000, interval: 20 });

const LEFT = "\x1b[?25h\x1b[?1049l";

describe.skipIf(!hasTerminal)(
  `the monitor in a terminal${hasTerminal ? "" : " (skipped: no script of util-linux)"}`,
  () => {
    it("shows a run, steers it by keys, and gives the terminal back", async () => {
      const { simulation, server } = await start();
      const terminal = openTerminal(server.url);
      await eventually(() => terminal.rows()[0]).toMatch(/small scene.*paused {2}tick 0 /);
      terminal.press("s");
      await eventually(() => simulation.status().tick).toBe(1);
      terminal.press("S");
      await eventually(() => simulation.status().tick).toBe(11);
      terminal.press("\x1b[B\x1b[D");
      const second = simulation.info.pathways[1].id;
      await eventually(() => simulation.status().gates[second]).toBe(0.9);
      terminal.press("0");
      await eventually(() => simulation.status().gates[second]).toBe(0);
      await eventually(() => terminal.rows().join("\n")).toMatch(/▸.* ·{10} 0\.00/);
      terminal.press("-");
      await eventually(() => simulation.status().ticksPerSecond).toBe(50);
      terminal.press(" ");
      await eventually(() => simulation.status().paused).toBe(false);
      await eventually(() => terminal.rows().join("\n")).toMatch(/gabor +\d+\.\d %.* trial \d+/);
      expect(terminal.rows()).toHaveLength(24);
      for (const row of terminal.rows()) expect(row.length).toBeLessThanOrEqual(80);
      const { epoch } = simulation.status();
      terminal.press("rx");
      terminal.press("?");
      await eventually(() => terminal.rows().join("\n")).toContain("select a gate");
      expect(simulation.status().epoch).toBe(epoch);
      terminal.press("?rs");
      await eventually(() => simulation.status().epoch).not.toBe(epoch);
      // what the network does all the time would hide what happens to it
      expect(terminal.written()).not.toMatch(/outputError|: update/);
      terminal.press("q");
      expect(await terminal.ended).toBe(0);
      expect(terminal.written().endsWith(LEFT)).toBe(true);
    });

    it("says what is refused, ends by Ctrl-C, and has no colours where they are not wanted", async () => {
      const { server } = await start();
      const terminal = openTerminal(server.url, { NO_COLOR: "1" });
      await eventually(() => terminal.rows()[0]).toContain("small scene");
      terminal.press("c");
      await eventually(() => terminal.rows()[1]).toMatch(/checkpoint: \S/);
      terminal.press("\x03");
      expect(await terminal.ended).toBe(130);
      expect(terminal.written()).not.toContain("\x1b[32m");
      expect(terminal.written().endsWith(LEFT)).toBe(true);
    });

    it("waits for a server that is gone, and leaves when it is told to end", async () => {
      const { server } = await start(false);
      const terminal = openTerminal(server.url);
      await eventually(() => terminal.rows()[0]).toContain("running");
      await server.close();
      await eventually(() => terminal.rows()[0]).toMatch(/disconnected|connecting/);
      terminal.press("q");
      expect(await terminal.ended).toBe(0);
      expect(terminal.written().endsWith(LEFT)).toBe(true);
    });
  },
);

describe("the monitor without a terminal", () => {
  it("writes a line a second, or JSON", async () => {
    const { server } = await start(false);
    const plain = await startNode([commandLine, "monitor", server.url, "--lines", "2"]).ended;
    expect(plain).toMatchObject({ code: 0, stderr: "" });
    expect(plain.stdout).toMatch(
      /^tick [\d,]+ {2}\S+ ticks\/s {2}gabor: 0 trials\ntick [\d,]+ .*gabor: \d+ trials/,
    );
    const [url, token] = server.url.split("#token=");
    const json = await startNode([commandLine, "monitor", url, "--lines", "1", "--json"], {
      env: { EDDY_TOKEN: token },
    }).ended;
    expect(JSON.parse(json.stdout)).toMatchObject({
      paused: false,
      tasks: { gabor: { trials: 0, accuracy: null } },
    });
  });

  it("ends some seconds after a server that shuts down for good", async () => {
    const { server } = await start(false);
    const monitor = startNode([commandLine, "monitor", server.url, "--json"]);
    await monitor.says(/\n/);
    await server.close();
    expect(await monitor.ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("says in one line what is wrong", async () => {
    const { server } = await start();
    const cases: readonly (readonly [string[], RegExp])[] = [
      [[], /^eddy: monitor: which run\? .*EDDY_URL/],
      [["nowhere"], /^eddy: address "nowhere"/],
      [[server.url.replace(server.token, "wrong")], /^eddy: the server ended the connection \(4500\)/],
    ];
    for (const [args, message] of cases) {
      const ended = await startNode([commandLine, "monitor", ...args], { env: { EDDY_URL: undefined } })
        .ended;
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    }
  });
});
