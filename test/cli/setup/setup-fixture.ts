import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installationFile } from "../../../src/kernels/tensorflow-folder.js";

let folders = 0;
/** A place for TensorFlow that is not there yet, in a folder of its own. */
export function place(temporary: string): { readonly parent: string; readonly folder: string } {
  const parent = join(temporary, `place-${folders++}`);
  mkdirSync(parent);
  return { parent, folder: join(parent, "tensorflow") };
}

/** An installation as another version of Eddy would have left it. */
export function earlier(folder: string): void {
  mkdirSync(folder);
  writeFileSync(
    join(folder, installationFile),
    JSON.stringify({ recipe: 0, library: "x 1", cuda: false, files: {} }),
  );
  writeFileSync(join(folder, "library"), "as it was");
}

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

const onLinux = process.platform === "linux" && process.arch === "x64";
/** The tools that the setup needs, and how each shows that it works. */
export const tools = { python3: ["-m", "pip", "--version"], "g++": ["--version"], npm: ["--version"] };

/** All of it can be done here. */
export const ready = onLinux && Object.entries(tools).every(([command, args]) => works(command, ...args));

/** pip sees this and nothing else of the world. */
export const pip = (only: Record<string, string>) => ({
  PIP_CONFIG_FILE: "/dev/null",
  PIP_FIND_LINKS: "",
  PIP_EXTRA_INDEX_URL: "",
  PIP_NO_CACHE_DIR: "1",
  NO_PROXY: "127.0.0.1",
  no_proxy: "127.0.0.1",
  ...only,
});
