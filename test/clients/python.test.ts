import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/kernels/cache-folder.js";
import { commandLine, root } from "../built.js";

const client = join(root, "clients", "python");
const extras = "test,recordings,notebook,nwb";
/** of packages that are fetched; with more the tests are skipped, since a slow network is no fault of ours */
const installingMs = 300_000;
const testingMs = 240_000;

interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** all that it said, cut off, and what ended it */
  readonly said: string;
}

/** Runs a program to its end, beside this thread: a worker of vitest that does not answer counts as dead. */
const ran = (program: string, args: readonly string[], timeout: number, env: NodeJS.ProcessEnv = {}) =>
  new Promise<Ran>((resolve) => {
    const options = { cwd: client, timeout, killSignal: "SIGKILL", maxBuffer: 1 << 26 } as const;
    execFile(program, args, { ...options, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({
        ok: error === null,
        stdout,
        said: [stdout, stderr, error?.message.split("\n")[0]].join("\n").slice(-6000),
      }),
    );
  });

/** The first Python that the client can run on. */
async function findPython(): Promise<string | null> {
  const wanted = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))";
  for (const name of ["python3", "python"]) if ((await ran(name, ["-c", wanted], 20_000)).ok) return name;
  return null;
}

/** Programs of an environment with the client in it, or why there is none. */
type Environment = { readonly bin: string } | { readonly missing: string };

/**
 * An environment with what the client depends on: made once for each content of its pyproject.toml, and kept, so that only
 * the first run fetches packages. It is whole when its mark is there.
 */
async function openEnvironment(): Promise<Environment> {
  const python = await findPython();
  if (python === null)
    return { missing: "there is no Python from 3.9 on with venv (Debian: apt install python3-venv)" };
  const version = (await ran(python, ["-VV"], 20_000)).stdout;
  const project = readFileSync(join(client, "pyproject.toml"), "utf8");
  const key = createHash("sha256").update(version).update(project).digest("hex").slice(0, 16);
  const folder = join(cacheFolder(), "python-test", key);
  const bin = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  const mark = join(folder, "whole");
  const pip = (...args: string[]) => {
    const quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    return ran(join(bin, "python"), [...quietly, ...args], installingMs);
  };
  if (existsSync(mark)) {
    // the code as it is now, for which nothing has to be fetched
    const fresh = await pip("--no-deps", "--no-build-isolation", "--force-reinstall", client);
    if (!fresh.ok) throw new Error(`pip could not install the client again: ${fresh.said}`);
    return { bin };
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = await ran(python, ["-m", "venv", folder], 120_000);
  if (!made.ok) return { missing: `no virtual environment could be made: ${made.said}` };
  const installed = await pip(`${client}[${extras}]`);
  if (!installed.ok) return { missing: `pip could not install the client: ${installed.said}` };
  writeFileSync(mark, "");
  return { bin };
}

const environment = await openEnvironment();
if ("missing" in environment) console.warn(`clients/python is not tested: ${environment.missing}`);

describe("clients/python", () => {
  it.skipIf("missing" in environment)(
    "passes its own tests against real servers, its notebook among them",
    async () => {
      const { bin } = environment as Exclude<Environment, { missing: string }>;
      const tests = await ran(
        join(bin, "python"),
        ["-m", "pytest", "-q", "-p", "no:cacheprovider"],
        testingMs,
        {
          EDDY_COMMAND: `"${process.execPath}" "${commandLine}"`,
          PATH: `${bin}${delimiter}${process.env.PATH}`,
          PYTHONDONTWRITEBYTECODE: "1",
        },
      );
      expect(tests.ok, tests.said).toBe(true);
      expect(tests.stdout).toMatch(/\d+ passed/);
    },
    testingMs + 10_000,
  );
});
