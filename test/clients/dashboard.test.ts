import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ServeOptions, serve } from "../../src/server/server.js";
import { simulate } from "../../src/simulation/simulate.js";
import { type BuiltPage, buildDashboard, chromiumPath, errorsOf, launch, leftBefore } from "./browser.js";

/** The built-in scene, smaller: two modules learn to tell gratings apart. */
const scene = {
  name: "small scene",
  network: { preset: "chain", modules: 2, neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
  rule: "EPE",
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 12, learning: 10 } },
  stimuli: { gabor: { source: "gabor", noise: 0.2 } },
  seed: 7,
};

const TICKS_PER_SECOND = 200;
/** --bad of the light colours */
const LOSS_COLOUR = [0xb3, 0x26, 0x1e];
const VIEWER_TOKEN = "only-looks-and-never-touches";

describe.skipIf(!chromiumPath)(
  `dashboard in Chromium${chromiumPath ? "" : " (not found: set EDDY_CHROMIUM)"}`,
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

    async function start(options: Partial<ServeOptions> = {}, paused = false) {
      const simulation = await simulate(scene, { ticksPerSecond: TICKS_PER_SECOND, paused });
      toClose.push(() => simulation.close());
      const served = { simulation, assets: built.folder, viewerToken: VIEWER_TOKEN, ...options };
      const server = await serve(served);
      toClose.push(() => server.close());
      return { simulation, server, served };
    }

    /** Opens an address in a browser without a past. */
    async function open(url: string) {
      const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
      toClose.push(() => context.close());
      const page = await context.newPage();
      const errors = await errorsOf(page);
      await page.goto(url);
      return { page, errors };
    }

    const state = (page: Page) => page.locator(".pill");
    const shows = (locator: Locator, text: string | RegExp) =>
      eventually(() => locator.textContent()).toMatch(text);
    const tickOf = async (page: Page) =>
      Number((await page.locator("#tick").textContent())?.replaceAll(",", ""));
    const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

    it("says what is missing when it is opened without a token", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url.replace(/#.*/, ""));
      await shows(state(page), "no token");
      await shows(page.locator("body"), /needs the address that eddy run printed/);
      expect(errors).toEqual([]);
    });

    it("connects and shows a running network: ticks, phases, traces, outputs, accuracy", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url);
      await shows(state(page), "running");
      const before = await tickOf(page);
      await eventually(() => tickOf(page)).toBeGreaterThan(before + 20);
      await shows(page.locator("[data-task=gabor] .phase"), /inference|learning/);
      await shows(page.locator("[data-task=gabor] .trial"), /trial \d+/);
      await shows(page.locator("output[data-task=gabor]"), /^\d+(\.\d)? %$/);
      await shows(page.locator(".bars li").first(), /0\.\d{3}/);
      for (const name of [
        "state h of m1",
        "error e = z − y of m1",
        "state h of m2",
        "error e = z − y of m2",
      ]) {
        const canvas = page.getByRole("figure", { name, exact: true }).locator("canvas");
        await eventually(() => colouredPixels(canvas), name).toBeGreaterThan(200);
      }
      await eventually(() => colouredPixels(page.locator(".lanes canvas"))).toBeGreaterThan(200);
      await eventually(() => colouredPixels(page.locator(".accuracy canvas"))).toBeGreaterThan(50);
      expect(errors).toEqual([]);
    });

    it("closes a gate with its switch, opens it by half with its slider, and says when it held", async () => {
      const { server, simulation } = await start();
      const { page, errors } = await open(server.url);
      const gate = page.locator('[data-pathway="m1->m2"]');
      expect(simulation.status().gates["m1->m2"]).toBe(1);
      await gate.getByRole("switch").uncheck();
      await eventually(() => simulation.status().gates["m1->m2"]).toBe(0);
      await shows(page.getByRole("log"), /gate m1->m2 = 0\s*tick [\d,]+/);
      await gate.getByRole("slider").fill("0.5");
      await eventually(() => simulation.status().gates["m1->m2"]).toBe(0.5);
      expect(await gate.getByRole("switch").isChecked()).toBe(true);
      // Another client's change shows as well.
      await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 0 });
      await eventually(() => gate.getByRole("switch").isChecked()).toBe(false);
      expect(errors).toEqual([]);
    });

    it("pauses, makes so many ticks at a time, and resumes, by mouse and by keyboard", async () => {
      const { server, simulation } = await start();
      const { page, errors } = await open(server.url);
      await shows(state(page), "running");
      await press(page, "Pause");
      await eventually(() => simulation.status().paused).toBe(true);
      await shows(state(page), "paused");
      const paused = simulation.status().tick;
      await eventually(() => tickOf(page)).toBe(paused);
      await press(page, "Step 1 tick");
      await eventually(() => tickOf(page)).toBe(paused + 1);
      await press(page, "Step 100 ticks");
      await eventually(() => tickOf(page)).toBe(paused + 101);
      await page.locator("#views").focus();
      await page.keyboard.press(".");
      await eventually(() => tickOf(page)).toBe(paused + 102);
      expect(simulation.status()).toMatchObject({ paused: true, tick: paused + 102 });
      await page.keyboard.press(" ");
      await shows(state(page), "running");
      await eventually(() => simulation.status().tick).toBeGreaterThan(paused + 102);
      expect(errors).toEqual([]);
    });

    it("sets speed, learning rate, beta and spectral radius, and shows what is refused", async () => {
      const { server, simulation } = await start();
      const { page, errors } = await open(server.url);
      const enter = async (label: string, value: string) => {
        await page.getByLabel(label, { exact: true }).fill(value);
        await page.keyboard.press("Enter");
      };
      await enter("pace", "50");
      await eventually(() => simulation.status().ticksPerSecond).toBe(50);
      await page.getByLabel("as fast as possible").check();
      await eventually(() => simulation.status().ticksPerSecond).toBe(null);
      await enter("learning rate", "0.0025");
      await enter("beta (scale of errors)", "0.5");
      await enter("m2", "0.4");
      await eventually(() => simulation.status()).toMatchObject({
        learningRate: 0.0025,
        beta: 0.5,
        spectralRadii: { m1: 0.25, m2: 0.4 },
      });
      expect(await leftBefore(page.getByLabel("m1", { exact: true }), "0.3")).toBe("0.3");
      await eventually(() => simulation.status().spectralRadii.m1).toBe(0.3);
      await enter("m2", "-1");
      await page.keyboard.press("Escape");
      expect(await page.getByLabel("m2", { exact: true }).inputValue()).toBe("0.4");
      expect(simulation.status().spectralRadii.m2).toBe(0.4);
      expect(errors).toEqual([]);
    });

    it("freezes its plots while the run goes on", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url);
      const canvas = page.getByRole("figure", { name: "state h of m1" }).locator("canvas");
      await eventually(() => colouredPixels(canvas)).toBeGreaterThan(200);
      await press(page, "Freeze plots");
      const picture = await pictureOf(canvas);
      const before = await tickOf(page);
      await eventually(() => tickOf(page)).toBeGreaterThan(before + 50);
      expect(await pictureOf(canvas)).toBe(picture);
      await press(page, "Plots frozen");
      await eventually(() => pictureOf(canvas)).not.toBe(picture);
      expect(errors).toEqual([]);
    });

    it("counts and marks the frames that it lost", async () => {
      const { server } = await start({ limits: { unacknowledgedFramesMax: 1 } }, true);
      const { page, errors } = await open(server.url);
      await shows(state(page), "paused");
      expect(await page.locator("#lost").textContent()).toBe("0");
      await press(page, "Step 100 ticks");
      await eventually(() => tickOf(page)).toBe(100);
      await eventually(async () => Number(await page.locator("#lost").textContent())).toBeGreaterThan(0);
      const canvas = page.getByRole("figure", { name: "state h of m1" }).locator("canvas");
      await eventually(() => pixelsLike(canvas, LOSS_COLOUR)).toBeGreaterThan(0);
      expect(errors).toEqual([]);
    });

    it("shows the units of one block when asked", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url);
      const module = page.getByRole("region", { name: "Module m2" });
      const canvas = module.locator("canvas").first();
      await eventually(() => colouredPixels(canvas)).toBeGreaterThan(200);
      await module.getByLabel("units of").selectOption("RE");
      await eventually(() => module.getByLabel("how many").inputValue()).toBe("6");
      await eventually(() => colouredPixels(module.locator("canvas").first())).toBeGreaterThan(200);
      expect(errors).toEqual([]);
    });

    it("keeps the token out of the address and for a reload", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url);
      await shows(state(page), "running");
      expect(page.url()).toBe(server.url.replace(/#.*/, ""));
      await page.reload();
      await shows(state(page), "running");
      expect(errors).toEqual([]);
    });

    it("lets a viewer look and not touch", async () => {
      const { server } = await start();
      const { page, errors } = await open(server.url.replace(server.token, VIEWER_TOKEN));
      await shows(state(page), "running");
      expect(await page.getByRole("button", { name: "Pause" }).isDisabled()).toBe(true);
      expect(await page.getByRole("switch").first().isDisabled()).toBe(true);
      await shows(page.locator("aside"), "watching only");
      expect(errors).toEqual([]);
    });

    it("says why when the server will not have it, and stays away", async () => {
      const { server } = await start();
      const { page } = await open(server.url.replace(server.token, "not-the-token-at-all"));
      await shows(state(page), "ended");
      await shows(page.getByRole("alert"), "no valid token");
      // The right address in the same tab changes only the fragment.
      await page.goto(server.url);
      await shows(state(page), "running");
    });

    it("tells a server that is silent from one that is paused", async () => {
      const { server } = await start({ limits: { heartbeatMs: 1_000_000 } }, true);
      const { page, errors } = await open(server.url);
      await shows(state(page), "paused");
      await eventually(() => state(page).textContent()).toBe("no sign of life");
      expect(errors).toEqual([]);
    });

    it("comes back when the server does, and goes on where it was", async () => {
      const { server, simulation, served } = await start();
      const { page } = await open(server.url);
      await shows(state(page), "running");
      await server.close();
      await shows(state(page), "disconnected");
      await shows(page.locator(".detail"), /trying again in \d+ s/);
      const again = await serve({ ...served, port: server.address.port, token: server.token });
      toClose.push(() => again.close());
      await eventually(() => state(page).textContent()).toBe("running");
      const { tick } = simulation.status();
      await eventually(() => tickOf(page)).toBeGreaterThanOrEqual(tick);
      const canvas = page.getByRole("figure", { name: "state h of m1" }).locator("canvas");
      const picture = await pictureOf(canvas);
      await eventually(() => pictureOf(canvas)).not.toBe(picture);
    });
  },
);

/** Waits for what a page shows to become what it should; long enough for a busy machine. */
const eventually = <Value>(shown: () => Value | Promise<Value>, message?: string) =>
  expect.poll(shown, { timeout: 40_000, interval: 50, message });

/** How many pixels of a canvas have a colour that is not a shade of grey: lines and marks, not axes. */
function colouredPixels(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data;
    let coloured = 0;
    for (let at = 0; pixels && at < pixels.length; at += 4) {
      const channels = [pixels[at], pixels[at + 1], pixels[at + 2]];
      if (pixels[at + 3] > 128 && Math.max(...channels) - Math.min(...channels) > 60) coloured += 1;
    }
    return coloured;
  });
}

/** How many pixels of a canvas have exactly this colour. */
function pixelsLike(canvas: Locator, colour: readonly number[]): Promise<number> {
  return canvas.evaluate((element, [red, green, blue]) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data;
    let alike = 0;
    for (let at = 0; pixels && at < pixels.length; at += 4) {
      if (pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue) alike += 1;
    }
    return alike;
  }, colour);
}

const pictureOf = (canvas: Locator): Promise<string> =>
  canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
