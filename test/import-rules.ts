import { posix } from "node:path";

/** A file of the project: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One file's use of another, or of a package. */
export interface Import {
  readonly specifier: string;
  /** erased by the compiler: `import type`, `export type` */
  readonly typeOnly: boolean;
}

/** By layer: the layers that it may import besides itself (the table of ARCHITECTURE.md). */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  kernels: ["errors"],
  model: ["errors", "kernels"],
  streams: ["errors", "kernels", "model"],
  simulation: ["errors", "kernels", "model", "streams"],
  experiments: ["errors", "kernels", "model", "streams", "simulation"],
  wire: ["errors"],
  server: ["errors", "wire"],
  cli: ["errors", "kernels", "model", "streams", "simulation", "experiments", "wire", "server", "clients"],
  index: ["errors", "kernels", "model", "streams", "simulation", "experiments", "wire", "server"],
  clients: ["wire"],
};

const aboveStreams = ["streams", "simulation", "experiments", "server", "cli", "index", "clients/ts/"];

/** By package: the layers or folders whose files may import it. */
const packages: Readonly<Record<string, readonly string[]>> = {
  rxjs: aboveStreams,
  ws: ["server", "clients/ts/"],
  msgpackr: ["wire"],
  "prom-client": ["server"],
  pino: ["cli"],
  "@tensorflow/*": ["src/kernels/tfjs/"],
  webgpu: ["src/kernels/webgpu/"],
  zod: ["model", "streams", "simulation", "experiments", "wire", "server", "cli", "clients"],
  "pure-rand": ["model"],
  leven: ["model"],
  "ml-matrix": ["model", "simulation", "experiments", "cli"],
  vega: ["src/experiments/figure/"],
  "vega-lite": ["src/experiments/figure/"],
  "@napi-rs/canvas": ["src/experiments/figure/", "src/experiments/figure.ts"],
  "d3-dsv": ["src/experiments/csv.ts", "src/simulation/recording/export-csv.ts"],
  zarrita: ["src/simulation/recording/"],
  "@zarrita/storage": ["src/simulation/recording/"],
  fflate: ["src/simulation/recording/"],
  marked: ["src/experiments/overview.ts"],
  commander: ["cli"],
  "cli-progress": ["cli"],
  uplot: ["clients"],
  vite: ["clients"],
  // kernels/simd loads native code and starts threads; kernels/tfjs asks Node where its .wasm files lie, and where TensorFlow was set up; a client's build configuration
  // asks for its own folder
  "node:*": [
    ...aboveStreams,
    "src/kernels/tfjs/",
    "src/kernels/simd/",
    "src/kernels/cache-folder.ts",
    "src/kernels/tensorflow-folder.ts",
    "clients/dashboard/vite.config.ts",
  ],
};

/** Files that serve as a layer's only door for another: from which files, and whether only types may pass. */
const serverSees = "src/simulation/simulation.ts";
const backends = "src/kernels/backends.ts";
const maySeeBackends = ["simulation", "experiments", "cli", "index"];

/** `clients/dashboard/x.ts` -> clients, `src/model/x.ts` -> model, `src/errors.ts` -> errors */
export function layerOf(path: string): string {
  const [top, second] = path.split("/");
  return top === "src" ? second.replace(/\.ts$/, "") : top;
}

const statement = /^[ \t]*(?:import|export)\b(?<clause>[^;"'`]*?)\bfrom\s*["'](?<specifier>[^"']+)["']/gm;
const sideEffect = /^[ \t]*import\s*["'](?<specifier>[^"']+)["']/gm;
const dynamic = /\b(?:import|require|require\.resolve)\(\s*["'`](?<specifier>[^"'`]+)["'`]/g;
const worker = /\bnew URL\(\s*["'`](?<specifier>\.[^"'`]+\.[jt]s)["'`]\s*,\s*import\.meta\.url/g;

/** All that a text imports: statements, dynamic imports, workers by URL. */
export function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found = (pattern: RegExp): Import[] =>
    [...code.matchAll(pattern)].map(({ groups }) => ({
      specifier: groups?.specifier ?? "",
      typeOnly: /^\s*type\b(?!\s*(?:,|$))/.test(groups?.clause ?? ""),
    }));
  return [statement, sideEffect, dynamic, worker].flatMap(found);
}

/** The package's own parts by name, for files that are built apart from each other. */
const ownParts: Readonly<Record<string, string>> = {
  "eddy/client": "clients/ts/index.ts",
  "eddy/wire": "src/wire/index.ts",
};

/** The path of the file that a relative specifier names. */
const resolve = (from: string, specifier: string): string =>
  posix.join(posix.dirname(from), specifier.replace(/\?.*$/, "")).replace(/\.js$/, ".ts");

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:")
    ? "node:*"
    : specifier.startsWith("@tensorflow/")
      ? "@tensorflow/*"
      : specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** Why a file may not import a package, or null. */
function refusedPackage(path: string, specifier: string): string | null {
  const name = packageOf(specifier);
  const places = packages[name];
  if (!places) return `${path} imports "${specifier}": no rule says which layer may`;
  const allowed = places.some((place) =>
    place.includes("/") ? path.startsWith(place) : place === layerOf(path),
  );
  return allowed ? null : `${path} imports "${specifier}", which only ${places.join(", ")} may`;
}

/** The folder of one particular backend that a file lies in, or null. */
const backendFolder = (path: string): string | null => /^src\/kernels\/[^/]+\//.exec(path)?.[0] ?? null;

/** Why a file may not import another, or null. */
function refusedFile(path: string, target: string, typeOnly: boolean): string | null {
  const [from, to] = [layerOf(path), layerOf(target)];
  if (from === "server" && target === serverSees)
    return typeOnly ? null : `${path} imports more than types of ${target}`;
  if (from !== to && !mayImport[from]?.includes(to))
    return `${path} imports ${target}: ${from} may not import ${to}`;
  const backend = backendFolder(target);
  if (backend && path !== backends && !path.startsWith(backend))
    return `${path} imports ${target}: only ${backends} may import a particular backend`;
  if (target === backends && !maySeeBackends.includes(from))
    return `${path} imports ${target}: only ${maySeeBackends.join(", ")} may choose a backend`;
  return null;
}

/** All imports that the layers forbid, one line each. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  const layers = new Set(Object.keys(mayImport));
  return files.flatMap(({ path, text }) => {
    if (!layers.has(layerOf(path))) return [`${path} lies in no layer that a rule knows`];
    return importsOf(text).flatMap(({ specifier, typeOnly }) => {
      const own = ownParts[specifier] ?? (specifier.startsWith(".") ? resolve(path, specifier) : null);
      const refused = own ? refusedFile(path, own, typeOnly) : refusedPackage(path, specifier);
      return refused ?? [];
    });
  });
}

/** Cycles of imports between files, types included: each as the files that it passes, one line each. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => resolve(path, specifier)),
    ]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(" -> "));
    if (at >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

export const lineLimit = 300;

/** Files that are too long, and default exports where no tool asks for them. */
export function forbiddenShapes(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    const exportsDefault = /^[ \t]*export\s+(?:default\b|\{[^}]*\bas\s+default\b)/m.test(text);
    return [
      ...(lines > lineLimit ? [`${path} has ${lines} lines, allowed are ${lineLimit}`] : []),
      ...(exportsDefault && !path.endsWith(".config.ts") ? [`${path} has a default export`] : []),
    ];
  });
}
