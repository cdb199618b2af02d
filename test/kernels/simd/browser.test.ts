import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { build } from "vite";
import { afterAll, describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import { openSimdInBrowser } from "../../../src/kernels/simd/open-in-browser.js";
import { openSimd } from "../../../src/kernels/simd/open-simd.js";
import { prebuilt } from "../../../src/kernels/simd/prebuilt.js";
import { root } from "../../built.js";
import { chromiumPath, errorsOf, launch } from "../../clients/browser.js";
import { rejectionOf } from "../../error-of.js";
import { importsOf } from "../../import-rules.js";
import { bitsOfAll } from "./browser-program.js";

const folder = mkdtempSync(join(tmpdir(), "eddy-browser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = `<!doctype html><title>kernels</title><link rel="icon" href="data:,"><script type="module">
  import { inBrowser } from "/program.js";
  window.bits = inBrowser("/eddy.wasm");
  window.missing = inBrowser("/missing.wasm").catch(({ code, message }) => ({ code, message }));
</script>`;

/** Bundles the program, and serves it with a page and the WebAssembly. */
async function serveProgram() {
  const entry = join(import.meta.dirname, "browser-program.ts");
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "warn",
    build: {
      outDir: folder,
      emptyOutDir: false,
      lib: { entry, formats: ["es"], fileName: () => "program.js" },
    },
  });
  const answers: Record<string, readonly [type: string, body: () => string | Buffer]> = {
    "/": ["text/html", () => page],
    "/program.js": ["text/javascript", () => readFileSync(join(folder, "program.js"))],
    "/eddy.wasm": ["application/wasm", () => readFileSync(prebuilt("eddy.wasm"))],
  };
  const server = createServer(({ url = "/" }, response) => {
    const answer = answers[url];
    if (!answer) response.writeHead(404).end();
    else response.setHeader("content-type", answer[0]).end(answer[1]());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** All files that a file imports to run, and what they import that is no file. */
function reachedFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { specifier, typeOnly } of importsOf(readFileSync(file, "utf8"))) {
    if (typeOnly) continue;
    if (specifier.startsWith(".")) {
      reachedFrom(normalize(join(dirname(file), specifier.replace(/\.js$/, ".ts"))), found);
    } else {
      found.add(specifier);
    }
  }
  return found;
}

describe("kernels for a browser", () => {
  it("need nothing but files of the project", () => {
    const reached = [...reachedFrom(join(root, "src/kernels/simd/open-in-browser.ts"))];
    expect(reached.length).toBeGreaterThan(10);
    expect(reached.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("open from bytes, and give the bits of native code", async () => {
    const [kernels, native] = [await openSimdInBrowser(readFileSync(prebuilt("eddy.wasm"))), openSimd()];
    expect(await bitsOfAll(kernels)).toEqual(await bitsOfAll(native));
    expect([kernels.live(), native.live()]).toEqual([0, 0]);
    kernels.close();
    native.close();
  });

  it("refuse what is no WebAssembly, and a response without it", async () => {
    const { code, message } = await rejectionOf(openSimdInBrowser(Uint8Array.of(1, 2, 3, 4)));
    expect(code).toBe("BACKEND_UNAVAILABLE");
    expect(message).toMatch(/^backend "simd": its WebAssembly does not compile \(/);
    const missing = openSimdInBrowser(new Response("not found", { status: 404 }));
    await expect(missing).rejects.toThrow(EddyError);
    await expect(missing).rejects.toThrow("status 404");
  });
});

const why = chromiumPath ? "" : " (no Chromium: set EDDY_CHROMIUM)";

describe.skipIf(!chromiumPath)(`simd in a browser${why}`, () => {
  it("gives the bits of native code", { timeout: 120_000 }, async () => {
    const { server, url } = await serveProgram();
    const browser = await launch(chromiumPath ?? "");
    try {
      const opened = await browser.newPage();
      const errors = await errorsOf(opened);
      await opened.goto(url);
      const bits = await opened.evaluate<number[][]>("window.bits");
      const native = openSimd();
      expect(bits).toEqual(await bitsOfAll(native));
      native.close();
      expect(await opened.evaluate("crossOriginIsolated")).toBe(false);
      expect(await opened.evaluate("window.missing")).toEqual({
        code: "BACKEND_UNAVAILABLE",
        message: `backend "simd": ${url}missing.wasm answers with status 404`,
      });
      expect(errors.filter((text) => !text.includes("404"))).toEqual([]);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
