import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./built.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const windows = process.platform === "win32";

async function run(command: string, args: readonly string[], cwd: string) {
  const child = spawn(command, args, { cwd, shell: windows, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code: code as number | null, stdout, stderr };
}

/** Errors that say that the registry cannot be reached: no fault of the package. */
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED|network|fetch failed/i;

describe("the package", () => {
  it("installed in an empty folder runs", { timeout: 240_000 }, async (context) => {
    const packed = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
    expect(packed.code, packed.stderr).toBe(0);
    const [archive] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    const home = join(folder, "home");
    mkdirSync(home);
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    const installed = await run("npm", ["install", ...options, join(folder, archive)], home);
    if (installed.code !== 0 && unreachable.test(installed.stderr)) {
      context.skip(`the registry cannot be reached: ${installed.stderr.trim().split("\n")[0]}`);
    }
    expect(installed.code, installed.stderr).toBe(0);

    const eddy = join(home, "node_modules", ".bin", windows ? "eddy.cmd" : "eddy");
    const ran = await run(eddy, ["run", "--headless", "--ticks", "200"], home);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/^ended at tick 200: gabor: 9 trials/);
    const schema = await run(eddy, ["schema"], home);
    expect(schema.code).toBe(0);
    expect(JSON.parse(schema.stdout)).toMatchObject({ type: "object", required: ["network"] });
    const version = await run(eddy, ["--version"], home);
    const { version: wanted } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(version.stdout.trim()).toBe(wanted);
    const imported = await run(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { readFileSync } from "node:fs"; import { chain } from "eddy"; import { encode } from "eddy/wire";
        import { connect } from "eddy/client"; import { openSimdInBrowser } from "eddy/kernels/browser";
        const wasm = readFileSync(new URL(import.meta.resolve("eddy/kernels/eddy.wasm")));
        console.log(typeof chain, typeof encode, typeof connect, (await openSimdInBrowser(wasm)).name);`,
      ],
      home,
    );
    expect(imported.stdout, imported.stderr).toBe("function function function simd\n");
  });

  it("holds what is built and nothing else", async () => {
    const { code, stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], root);
    expect(code).toBe(0);
    const [{ files }] = JSON.parse(stdout) as { files: { path: string }[] }[];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "package.json",
        "LICENSE",
        "dist/index.js",
        "dist/index.d.ts",
        "dist/cli/main.js",
        "dist/simulation/worker.js",
        "dist/client/index.js",
        "dist/client/index.d.ts",
        "dist/dashboard/index.html",
      ]),
    );
    expect(
      paths.filter(
        (path) =>
          !/^(dist\/|prebuilt\/|package\.json$|LICENSE$|README\.md$|docs\/|examples\/|ARCHITECTURE\.md$)/.test(
            path,
          ),
      ),
    ).toEqual([]);
  });
});
