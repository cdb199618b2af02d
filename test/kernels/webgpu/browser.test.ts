import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { root } from "../../built.js";
import { chromiumPath } from "../../clients/browser.js";
import { expectClose } from "../closeness.js";

/** What the page does; it leaves its result, or null without an adapter, on the window. */
const program = `
  import { webgpuAdapter } from "/kernels/webgpu/adapter.js";
  import { webgpuKernels } from "/kernels/webgpu/webgpu-kernels.js";
  async function settle() {
    if (!(await navigator.gpu?.requestAdapter())) return null;
    const kernels = await webgpuKernels();
    const drive = kernels.tensor(Float32Array.of(1, -3), [1, 2]);
    const matrix = kernels.matrix({
      neurons: 2,
      rows: Uint32Array.of(0, 1, 2),
      columns: Uint16Array.of(1, 0),
      values: Float32Array.of(0.1, 0.2),
    });
    const [settled] = kernels.settle([
      { matrix, activation: "tanh", from: "zero", drive, iterations: 5, tolerance: 0 },
    ]);
    const [state, report] = await Promise.all([kernels.read(settled.state), kernels.read(settled.report)]);
    kernels.close();
    return { state: [...state], report: [...report], description: (await webgpuAdapter()).description };
  }
  window.settled = settle();
`;

interface SettledInPage {
  readonly state: number[];
  readonly report: number[];
  readonly description: string;
}

/** Serves what is built, and a page with the program. */
async function serveBuilt() {
  const server = createServer(({ url = "/" }, response) => {
    const file = join(root, "dist", new URL(url, "http://localhost").pathname);
    if (url === "/") {
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><title>kernels</title><script type="module">${program}</script>`);
    } else if (existsSync(file)) {
      response.setHeader("content-type", "text/javascript").end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const why = chromiumPath ? "" : " (no Chromium: set EDDY_CHROMIUM)";

describe.skipIf(!chromiumPath)(`webgpu in a browser${why}`, () => {
  it("settles over navigator.gpu", { timeout: 120_000 }, async (context) => {
    const { server, url } = await serveBuilt();
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const settled = await page.evaluate<SettledInPage | null>("window.settled");
      if (settled === null) context.skip("this Chromium has no adapter for WebGPU");
      else {
        const [a, b] = [0, 1, 2, 3, 4].reduce(
          ([x, y]) => [Math.tanh(0.2 * y + 1), Math.tanh(0.1 * x - 3)],
          [0, 0],
        );
        expectClose("state", settled.state, [a, b], 1e-6);
        expect(settled.report[1]).toBeLessThanOrEqual(5);
        expect(settled.description.length).toBeGreaterThan(3);
      }
    } finally {
      await browser.close();
      server.close();
    }
  });
});
