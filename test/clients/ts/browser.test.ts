import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { connect, Run } from "eddy/client";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, errorsOf, launch } from "../browser.js";
import { closeLater, running } from "./running.js";

/** What the page's script leaves on its window. */
interface PageWindow {
  readonly eddy: { readonly connect: typeof connect };
  run: Run;
  ticks: number[];
}

const root = join(import.meta.dirname, "../../..");

/** A page of one script, which is the client as a bundler makes it for browsers. */
async function buildPage(): Promise<string> {
  const source = await mkdtemp(join(tmpdir(), "eddy-client-page-"));
  await writeFile(
    join(source, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./page.ts"></script>',
  );
  // as pages with a strict policy do it: zod is told before it makes a schema
  await writeFile(
    join(source, "page.ts"),
    `import ${JSON.stringify(join(root, "clients/dashboard/zod-without-eval.ts"))};
     import { connect } from "eddy/client";
     Object.assign(window, { eddy: { connect } });`,
  );
  const folder = join(source, "built");
  await build({
    configFile: join(root, "clients/dashboard/vite.config.ts"),
    root: source,
    logLevel: "error",
    resolve: { preserveSymlinks: true },
    build: { outDir: folder },
  });
  return folder;
}

describe.skipIf(!chromiumPath)(
  `the client in Chromium${chromiumPath ? "" : " (not found: set EDDY_CHROMIUM)"}`,
  () => {
    let folder: string;

    beforeAll(async () => {
      folder = await buildPage();
    });

    afterAll(async () => {
      if (folder) await rm(join(folder, ".."), { recursive: true, force: true });
    });

    it("is one script, without a WebSocket of its own", async () => {
      const scripts = await readdir(join(folder, "assets"));
      expect(scripts).toHaveLength(1);
      const text = await readFile(join(folder, "assets", scripts[0]), "utf8");
      expect(text).not.toMatch(/Sec-WebSocket|node:net/i);
    });

    it("watches, steers, and comes back after a cut", async () => {
      const { server, cable, simulation } = await running({}, { assets: folder });
      const browser = await launch(chromiumPath ?? "");
      closeLater(() => browser.close());
      const page = await browser.newPage();
      const errors = await errorsOf(page);
      const address = `http://127.0.0.1:${cable.port}/#token=${server.token}`;
      await page.goto(address);
      await page.evaluate(async (given) => {
        const shown = window as unknown as PageWindow;
        shown.run = await shown.eddy.connect(given, { retryMs: () => 20 });
        shown.ticks = [];
        shown.run.watch("state/m1").subscribe(({ tick }) => shown.ticks.push(tick));
      }, address);
      const ticks = () => page.evaluate(() => (window as unknown as PageWindow).ticks);
      await expect.poll(async () => (await ticks()).length, { timeout: 20_000 }).toBeGreaterThan(5);
      cable.cut();
      const before = (await ticks()).length;
      await expect.poll(async () => (await ticks()).length, { timeout: 20_000 }).toBeGreaterThan(before + 5);
      const seen = await ticks();
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      await page.evaluate(() => (window as unknown as PageWindow).run.pause());
      expect(simulation.status().paused).toBe(true);
      const status = await page.evaluate(() => (window as unknown as PageWindow).run.status.value.epoch);
      expect(status).toBe(simulation.status().epoch);
      expect(errors.filter((text) => !text.includes("WebSocket connection"))).toEqual([]);
    });
  },
);
