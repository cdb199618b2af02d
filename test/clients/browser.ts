import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { build } from "vite";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A Chromium on this machine: EDDY_CHROMIUM, or where systems put it; undefined when there is none. */
export const chromiumPath: string | undefined =
  process.env.EDDY_CHROMIUM ?? CANDIDATES.find((path) => existsSync(path));

/** Starts it without a screen, and without a word to anybody else. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface BuiltPage {
  /** folder of its files */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Builds the dashboard as it is now into a temporary folder. */
export async function buildDashboard(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), "eddy-dashboard-"));
  await build({
    configFile: join(import.meta.dirname, "../../clients/dashboard/vite.config.ts"),
    logLevel: "warn",
    build: { outDir: folder },
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Collects what a page's console calls an error, what its scripts throw, and what its security policy blocks. */
export async function errorsOf(page: Page): Promise<readonly string[]> {
  const errors: string[] = [];
  // the console keeps silent about `new Function`
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`blocked by ${violatedDirective}: ${blockedURI}`),
    );
  });
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

/** Types a number and leaves the box in one turn, before any reply can have come. @returns what it shows then */
export const leftBefore = (box: Locator, typed: string): Promise<string> =>
  box.evaluate((element, value) => {
    const input = element as HTMLInputElement;
    input.focus();
    input.value = value;
    for (const type of ["input", "change"]) input.dispatchEvent(new Event(type));
    input.blur();
    return input.value;
  }, typed);
