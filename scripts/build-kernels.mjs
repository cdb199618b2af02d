#!/usr/bin/env node
// Compiles src/kernels/simd/c to WebAssembly and to Node-API addons for all platforms, with the C compiler of one pinned
// zig, into prebuilt/, and writes their checksums.
//
//   node scripts/build-kernels.mjs [--check]
//
// --check builds into a temporary folder and compares instead. The zig is that of EDDY_ZIG (as "python3 -m ziglang"),
// else it is installed by pip into the user's cache folder, once.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const zigVersion = "0.17.1";
const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src/kernels/simd/c");
const prebuilt = join(root, "prebuilt");
const headers = join(root, "node_modules/node-api-headers");

// no contraction and no sanitizer: every operation is rounded once, everywhere
const common = [
  "-O3",
  "-g0",
  "-std=gnu17",
  "-ffp-contract=off",
  "-fno-sanitize=all",
  "-fno-math-errno",
  "-Wall",
  "-Wextra",
  "-Werror",
];

const x64 = [
  ["avx512", "x86_64_v4"],
  ["avx2", "x86_64_v3"],
  ["sse42", "x86_64_v2"],
];
const arm64 = [["neon", "generic"]];
const addons = {
  "linux-x64": { target: "x86_64-linux-gnu.2.17", variants: x64, link: ["-Wl,-s"] },
  "linux-arm64": { target: "aarch64-linux-gnu.2.17", variants: arm64, link: ["-Wl,-s"] },
  "darwin-x64": { target: "x86_64-macos", variants: x64, link: ["-Wl,-undefined,dynamic_lookup", "-Wl,-s"] },
  "darwin-arm64": {
    target: "aarch64-macos",
    variants: arm64,
    link: ["-Wl,-undefined,dynamic_lookup", "-Wl,-s"],
  },
  "win32-x64": { target: "x86_64-windows-gnu", variants: x64, link: ["-Wl,-s"] },
};

function findZig() {
  if (process.env.EDDY_ZIG) return process.env.EDDY_ZIG.split(" ");
  const home = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "eddy/ziglang", zigVersion);
  const python = join(home, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(join(home, "complete"))) {
    console.log(`installing zig ${zigVersion} by pip, once`);
    rmSync(home, { recursive: true, force: true });
    execFileSync("python3", ["-m", "venv", home], { stdio: "inherit" });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `ziglang==${zigVersion}`];
    execFileSync(python, pip, { stdio: "inherit" });
    writeFileSync(join(home, "complete"), "");
  }
  return [python, "-m", "ziglang"];
}

const [zig, ...zigArguments] = findZig();
// what is linked is named relative to the folder that it lies in, so that no path of this machine gets into an artifact
const run = (cwd, ...given) => execFileSync(zig, [...zigArguments, ...given], { cwd, stdio: "inherit" });

const compile = (output, target, ...given) =>
  run(sources, "cc", "-target", target, ...common, "-fPIC", "-c", ...given, "-o", output);

function buildWebAssembly(into) {
  const target = [
    "-target",
    "wasm32-freestanding",
    "-mcpu=generic+simd128+atomics+bulk_memory+mutable_globals",
  ];
  const memory = ["-Wl,--import-memory", "-Wl,--shared-memory", "-Wl,--max-memory=4294901760"];
  const rest = ["-nostdlib", "-Wl,--no-entry", "-Wl,--export=__stack_pointer", "-Wl,--strip-all"];
  run(
    sources,
    "cc",
    ...target,
    ...common,
    "-DVARIANT=wasm",
    ...memory,
    ...rest,
    "kernels.c",
    "-o",
    join(into, "eddy.wasm"),
  );
}

/** A Windows file says when it was linked: the word after the signature, the machine and the number of sections. */
function forgetTime(path) {
  const file = readFileSync(path);
  file.writeUInt32LE(0, file.readUInt32LE(0x3c) + 8);
  writeFileSync(path, file);
}

function buildAddon(name, { target, variants, link }, into) {
  const objects = variants.map(([variant]) => `${name}-${variant}.o`);
  for (const [index, [variant, cpu]] of variants.entries()) {
    compile(join(into, objects[index]), target, `-mcpu=${cpu}`, `-DVARIANT=${variant}`, "kernels.c");
  }
  compile(join(into, `${name}-addon.o`), target, `-I${join(headers, "include")}`, "addon.c");
  const libraries = [];
  if (name.startsWith("win32")) {
    libraries.push("node_api.lib");
    const symbols = join(headers, "def/node_api.def");
    run(into, "dlltool", "-m", "i386:x86-64", "-D", "node.exe", "-d", symbols, "-l", libraries[0]);
  }
  const inputs = [`${name}-addon.o`, ...objects, ...libraries];
  run(into, "cc", "-target", target, "-shared", ...inputs, ...link, "-o", `${name}.node`);
  if (name.startsWith("win32")) forgetTime(join(into, `${name}.node`));
}

const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Checksums of the sources and of what was made of them. */
function checksums(into) {
  const entries = [
    ...readdirSync(sources)
      .sort()
      .map((file) => [`src/kernels/simd/c/${file}`, digest(join(sources, file))]),
    ...["eddy.wasm", ...Object.keys(addons).map((name) => `${name}.node`)].map((file) => [
      `prebuilt/${file}`,
      digest(join(into, file)),
    ]),
  ];
  return `${JSON.stringify({ zig: zigVersion, sha256: Object.fromEntries(entries) }, null, 2)}\n`;
}

const work = mkdtempSync(join(tmpdir(), "eddy-kernels-"));
try {
  const into = join(work, "artifacts");
  mkdirSync(into);
  buildWebAssembly(into);
  for (const [name, how] of Object.entries(addons)) buildAddon(name, how, into);
  const made = checksums(into);
  const recorded = join(prebuilt, "checksums.json");
  if (process.argv.includes("--check")) {
    const committed = existsSync(recorded) && readFileSync(recorded, "utf8");
    if (committed !== made || checksums(prebuilt) !== made) {
      console.error(
        "prebuilt/ is not what the sources give: run npm run build:kernels and commit the result",
      );
      console.error(made);
      process.exitCode = 1;
    } else console.log("prebuilt/ is what the sources give, byte for byte");
  } else {
    mkdirSync(prebuilt, { recursive: true });
    for (const file of readdirSync(into)) {
      if (!file.endsWith(".wasm") && !file.endsWith(".node")) continue;
      // in one step: a process that has the old one open keeps it
      cpSync(join(into, file), join(prebuilt, `${file}.new`));
      renameSync(join(prebuilt, `${file}.new`), join(prebuilt, file));
    }
    writeFileSync(recorded, made);
    console.log(made);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
