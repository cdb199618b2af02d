import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../src/server/server.js";
import { simulate } from "../../src/simulation/simulate.js";
import { temporaryFolder } from "../temporary-folder.js";
import { type BuiltPage, buildDashboard, chromiumPath, errorsOf, launch } from "./browser.js";

const scene = {
  name: "small scene",
  network: { preset: "chain", modules: 2, neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
  schedule: { kind: "continuous", ticks: { inference: 5, learning: 4 } },
  stimuli: { gabor: { source: "gabor" } },
  seed: 7,
};

const folder = temporaryFolder();

describe.skipIf(!chromiumPath)(
  `the page's keeping${chromiumPath ? "" : " (no Chromium: set EDDY_CHROMIUM)"}`,
  () => {
    const toClose: (() => Promise<unknown>)[] = [];
    let browser: Browser;
    let built: BuiltPage;

    beforeAll(async () => {
      [browser, built] = await Promise.all([launch(chromiumPath ?? ""), buildDashboard()]);
    });

    afterEach(async () => {
      for (const close of toClose.splice(0).reverse()) await close();
    });

    afterAll(async () => {
      await browser?.close();
      await built?.remove();
    });

    async function open(name: string) {
      const recordings = join(folder, name, "recordings");
      const checkpoints = join(folder, name, "checkpoints");
      const simulation = await simulate(scene, {
        ticksPerSecond: 100,
        recordings: { folder: recordings },
        checkpoints: { folder: checkpoints },
      });
      toClose.push(() => simulation.close());
      const server = await serve({ simulation, assets: built.folder });
      toClose.push(() => server.close());
      const page = await browser.newPage();
      toClose.push(() => page.close());
      const errors = await errorsOf(page);
      await page.goto(server.url);
      const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
      return { simulation, page, errors, press, recordings, checkpoints };
    }

    it("writes a checkpoint, records, and begins anew, and the log goes on over epochs", async () => {
      const { simulation, page, errors, press, recordings, checkpoints } = await open("kept");
      const log = page.getByRole("log");
      await press("Checkpoint");
      await shows(log, /checkpoint\s*tick/);
      expect(readdirSync(checkpoints).length).toBeGreaterThan(0);
      await page.getByLabel("record as").fill("monday");
      await press("Record");
      await eventually(() => simulation.status().recording?.name).toContain("monday");
      expect(existsSync(join(recordings, "monday"))).toBe(true);
      await press("Stop recording");
      await eventually(() => simulation.status().recording).toBe(null);
      const { epoch } = simulation.status();
      await page.getByLabel("begin anew with").selectOption("weights");
      await press("Reset");
      await eventually(() => simulation.status().epoch).not.toBe(epoch);
      await shows(log, /reset of weights\s*tick/);
      await shows(log, /record monday\s*tick/);
      await shows(page.locator(".pill"), "running");
      expect(errors).toEqual([]);
    });

    it("shows events and alarms, and no pace that was refused", async () => {
      const { simulation, page, errors } = await open("watched");
      const events = page.getByRole("region", { name: "Events" });
      const name = "too good";
      const when = { measure: "accuracy", task: "gabor", over: 1, above: 0 } as const;
      await simulation.command({ kind: "alarm", name, when, action: "tell" });
      await shows(events, /too good: (armed|raised)/);
      await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 0.5 });
      await shows(events, /gate, pathway m1->m2, gate 0\.5/);
      const pace = page.getByLabel("pace", { exact: true });
      await pace.fill("-3");
      await page.keyboard.press("Enter");
      await pace.blur();
      expect(await pace.inputValue()).toBe("100");
      expect(simulation.status().ticksPerSecond).toBe(100);
      expect(errors).toEqual([]);
    });
  },
);

const eventually = <Value>(shown: () => Value | Promise<Value>) =>
  expect.poll(shown, { timeout: 20_000, interval: 50 });

const shows = (locator: Locator, text: string | RegExp) =>
  eventually(() => locator.textContent()).toMatch(text);
