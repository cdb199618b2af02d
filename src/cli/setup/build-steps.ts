import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import { runTool } from "./run-tool.js";
import { unpackProgram } from "./unpack.js";
import { npmPackages, type Wheel } from "./wheels.js";

/** Where is built, and how it is followed and ended. */
export interface Site {
  readonly folder: string;
  readonly log: string;
  readonly signal: AbortSignal;
}

/** One step on the way. */
export interface Step {
  readonly what: string;
  /** its part of the whole, about seconds on a quick line */
  readonly weight: number;
  /** a folder that grows to about so many bytes meanwhile, for whoever shows progress */
  readonly grows?: { readonly folder: string; readonly bytes: number };
  run(): Promise<void>;
}

/** Which tags a wheel may have: C libraries for this system, whatever Python pip itself runs on. */
const wheelTags = [
  "--only-binary=:all:",
  "--python-version=3.11",
  "--implementation=cp",
  "--abi=cp311",
  ...["manylinux_2_27", "manylinux2014", "manylinux2010"].map((tag) => `--platform=${tag}_x86_64`),
];

export const packageFolder = "node_modules/@tensorflow/tfjs-node";
export const librariesFolder = join(packageFolder, "deps");
/** Where the libraries wait until npm, which clears its folders, is done. */
const unpackedFolder = "deps";
export const addonFile = join(packageFolder, "lib/napi-v8/tfjs_binding.node");

const seconds = (bytes: number): number => Math.ceil(bytes / 15e6);

function download({ folder, log, signal }: Site, wheel: Wheel): Step {
  const { name, version, sha256, bytes } = wheel;
  const temporary = join(folder, "tmp");
  return {
    what: `download ${name} ${version} (${Math.round(bytes / 1e6)} MB)`,
    weight: seconds(bytes),
    grows: { folder: temporary, bytes },
    async run() {
      mkdirSync(temporary, { recursive: true });
      const requirements = join(folder, "requirements.txt");
      writeFileSync(requirements, `${name}==${version} --hash=sha256:${sha256}\n`);
      await runTool({
        what: `pip download ${name}==${version}`,
        command: "python3",
        args: [
          ...["-m", "pip", "download", "--no-deps", "--require-hashes", "-r", requirements],
          ...["-d", join(folder, "wheels"), ...wheelTags],
          ...["--progress-bar=off", "--no-input", "--disable-pip-version-check"],
        ],
        cwd: folder,
        // its own temporary files go with the rest; a rule for installing does not hold for a download
        env: { TMPDIR: temporary, PIP_REQUIRE_VIRTUALENV: "0" },
        log,
        signal,
      });
      rmSync(temporary, { recursive: true });
    },
  };
}

function unpack({ folder, log, signal }: Site, wheel: Wheel): Step {
  return {
    what: `unpack ${wheel.name}`,
    weight: Math.ceil(seconds(wheel.bytes) / 3),
    async run() {
      const wheels = join(folder, "wheels");
      const [file] = readdirSync(wheels);
      await runTool({
        what: `unpacking ${file}`,
        command: "python3",
        args: ["-c", unpackProgram, join(wheels, file), join(folder, unpackedFolder)],
        cwd: folder,
        log,
        signal,
      });
      rmSync(wheels, { recursive: true });
    },
  };
}

/** npm has checked each tarball against the registry's checksum; that one has to be the pinned one. */
function checkIntegrity(folder: string): void {
  const lock = JSON.parse(readFileSync(join(folder, "node_modules/.package-lock.json"), "utf8")) as {
    packages: Record<string, { integrity?: string }>;
  };
  for (const [name, { version, integrity }] of Object.entries(npmPackages)) {
    const found = lock.packages[`node_modules/${name}`]?.integrity;
    if (found === integrity) continue;
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `npm: ${name} ${version} came with checksum ${found} where ${integrity} is needed; nothing of it was used: check npm's registry (npm config get registry)`,
    );
  }
}

function install({ folder, log, signal }: Site): Step {
  return {
    what: "install @tensorflow/tfjs-node",
    weight: 15,
    async run() {
      const dependencies = Object.fromEntries(
        Object.entries(npmPackages).map(([name, { version }]) => [name, version]),
      );
      writeFileSync(
        join(folder, "package.json"),
        `${JSON.stringify({ name: "eddy-tensorflow", version: "0.0.0", private: true, dependencies })}\n`,
      );
      await runTool({
        what: "npm install @tensorflow/tfjs-node",
        command: "npm",
        // its install script would download an older library
        args: [
          ...["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
          ...["--omit=dev", "--global=false", `--prefix=${folder}`],
        ],
        cwd: folder,
        log,
        signal,
      });
      checkIntegrity(folder);
    },
  };
}

/** The names under which the linker and the library itself look. */
const links = {
  "libtensorflow.so": "libtensorflow_cc.so.2",
  "libtensorflow.so.2.9.1": "libtensorflow_cc.so.2",
  "libtensorflow_framework.so": "libtensorflow_framework.so.2",
};

function compile({ folder, log, signal }: Site): Step {
  return {
    what: "compile the addon",
    weight: 20,
    async run() {
      renameSync(join(folder, unpackedFolder), join(folder, librariesFolder));
      const libraries = join(folder, librariesFolder, "lib");
      for (const [name, target] of Object.entries(links)) symlinkSync(target, join(libraries, name));
      mkdirSync(join(folder, packageFolder, "lib/napi-v8"), { recursive: true });
      const sources = readdirSync(join(folder, packageFolder, "binding")).filter((name) =>
        name.endsWith(".cc"),
      );
      await runTool({
        what: "g++ of the addon",
        command: "g++",
        args: [
          ...["-std=c++17", "-O2", "-shared", "-fPIC"],
          ...["-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding"],
          `-I${join(folder, "node_modules/node-api-headers/include")}`,
          `-I${join(folder, librariesFolder, "include")}`,
          ...sources.map((name) => join(folder, packageFolder, "binding", name)),
          ...["-o", join(folder, addonFile)],
          ...[`-L${libraries}`, "-ltensorflow", "-ltensorflow_framework"],
          "-Wl,-rpath,$ORIGIN/../../deps/lib",
        ],
        cwd: folder,
        log,
        signal,
      });
    },
  };
}

/** All that it takes to build tfjs-node against the library of these wheels, in order. */
export const buildSteps = (site: Site, wheels: readonly Wheel[]): Step[] => [
  ...wheels.flatMap((wheel) => [download(site, wheel), unpack(site, wheel)]),
  install(site),
  compile(site),
];
