import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { commandLine, root } from "./built.js";
import { runNode } from "./child-process.js";
import { temporaryFolder } from "./temporary-folder.js";

const textOf = (name: string): string => readFileSync(join(root, name), "utf8");
const readme = textOf("README.md");
const architecture = textOf("ARCHITECTURE.md");
const folder = temporaryFolder();

/** The contents of a document's blocks of one language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(([, block]) => block);

/** Paths of all files of the project that a document may name. */
function projectFiles(from: string): string[] {
  return readdirSync(join(root, from), { withFileTypes: true }).flatMap((entry) => {
    const path = from === "" ? entry.name : `${from}/${entry.name}`;
    if (/^(node_modules|dist|\.git)$/.test(entry.name)) return [];
    return entry.isDirectory() ? projectFiles(path) : [path];
  });
}
const files = projectFiles("");

describe("the README", () => {
  it("has a network that runs as it stands", async () => {
    const { simulate } = await import("../src/index.js");
    const [run] = blocks(readme, "json");
    const simulation = await simulate(JSON.parse(run), { ticks: 440, backend: "reference", paused: true });
    await simulation.watch({ topic: "metrics/tilt", every: 1 });
    const frames = lastValueFrom(simulation.frames.pipe(toArray()));
    await simulation.command({ kind: "resume" });
    const trials = (await frames).map(({ payload }) => (payload as { trial: number }).trial);
    expect(trials).toEqual(Array.from({ length: 20 }, (_, trial) => trial));
  });

  it("has a sweep that runs as it stands", { timeout: 120_000 }, async () => {
    const [, sweep, ...others] = blocks(readme, "json");
    expect(others).toEqual([]);
    writeFileSync(join(folder, "roles.json"), sweep);
    const { code, stderr } = await runNode([commandLine, "sweep", "roles.json", "--epochs", "1"], {
      cwd: folder,
    });
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^roles, 12 of 12: .*, about 0 s left$/);
    expect(code).toBe(0);
    const report = readFileSync(join(folder, "results", "roles", "report.md"), "utf8");
    expect(report.match(/^\| (2-2|8-8) \|/gm)).toHaveLength(6);
  });

  it("has a program that runs as it stands", async () => {
    const [program, ...others] = blocks(readme, "js");
    expect(others).toEqual([]);
    const file = join(folder, "embed.mjs");
    const built = pathToFileURL(join(root, "dist/index.js")).href;
    writeFileSync(
      file,
      program.replace('from "eddy"', () => `from ${JSON.stringify(built)}`),
    );
    const { code, stdout, stderr } = await runNode([file]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.match(/accuracy: \d/g)?.length).toBe(100);
    expect(stdout.match(/Float32Array\(4\)/g)?.length).toBeGreaterThanOrEqual(4);
    expect(stdout.trimEnd()).toMatch(/over$/);
  });
});

describe("docs/control.md", () => {
  it("has a program that prints what it says", async () => {
    const text = textOf("docs/control.md");
    const [program, ...others] = blocks(text, "js");
    expect(others).toEqual([]);
    const file = join(folder, "control.mjs");
    const built = pathToFileURL(join(root, "dist/index.js")).href;
    writeFileSync(
      file,
      program.replace('from "eddy"', () => `from ${JSON.stringify(built)}`),
    );
    const { code, stdout, stderr } = await runNode([file]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(text).toContain(`prints \`${stdout.trimEnd()}\``);
  });
});

describe("every command that is shown", () => {
  const shown = ["README.md", "docs/measurements.md"].flatMap((name) =>
    [...textOf(name).matchAll(/npx eddy ([a-z]+)([^`#\n]*)/g)].map(([, command, rest]) => ({
      command,
      rest,
    })),
  );
  const commands = [...new Set(shown.map(({ command }) => command))].sort();

  it("is of every kind that there is", () => {
    const help = execFileSync(process.execPath, [commandLine, "--help"], { encoding: "utf8" });
    const known = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, command]) => command);
    expect(commands).toEqual(known.filter((command) => command !== "help").sort());
  });

  it.each(commands)("eddy %s has the options that it is shown with", (command) => {
    const below: Record<string, string[]> = { data: ["data", "get"], setup: ["setup", "tensorflow"] };
    const sub = below[command] ?? [command];
    const help = execFileSync(process.execPath, [commandLine, ...sub, "--help"], { encoding: "utf8" });
    const options = shown
      .filter((one) => one.command === command)
      .flatMap(({ rest }) => rest.match(/(?<= )--?[a-z]+/g) ?? []);
    for (const option of options) expect(help, option).toMatch(new RegExp(`(^|[ ,])${option}\\b`, "m"));
  });
});

describe("ARCHITECTURE.md", () => {
  it("names only files that are there", () => {
    const named = [...architecture.matchAll(/`([\w./-]+\.(?:ts|js|json))`/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(100);
    const known = (path: string) => files.some((file) => file === path || file.endsWith(`/${path}`));
    expect(named.filter((path) => !known(path))).toEqual([]);
  });

  it("names every folder of the source", () => {
    const sources = files.filter((file) => file.startsWith("src/") || file.startsWith("clients/"));
    const folders = new Set(sources.map((file) => file.split("/").slice(0, 2).join("/")));
    expect([...folders].filter((path) => !architecture.includes(path))).toEqual([]);
  });

  it("gives a reason for every dependency, at the version that is asked for", () => {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(textOf("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const rows = architecture.split("\n").filter((line) => line.startsWith("| `"));
    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...peerDependencies,
    })) {
      const row = rows.find((line) => line.includes(`\`${name}\``));
      expect(row, name).toContain(version);
    }
  });
});
