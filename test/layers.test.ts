import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  forbiddenImports,
  forbiddenShapes,
  importCycles,
  importsOf,
  lineLimit,
  type SourceFile,
} from "./import-rules.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** All TypeScript files under a folder of the project. */
function filesUnder(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): SourceFile[] => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesUnder(path);
    return /\.[cm]?tsx?$/.test(entry.name) ? [{ path, text: readFileSync(join(root, path), "utf8") }] : [];
  });
}

const layered = [...filesUnder("src"), ...filesUnder("clients")];
const all = [...layered, ...["test", "examples", "bench", "scripts"].flatMap(filesUnder)];

describe("the project", () => {
  it("imports only what its layers allow", () => {
    expect(layered.length).toBeGreaterThan(50);
    expect(forbiddenImports(layered)).toEqual([]);
  });

  it("has no cycles of imports", () => {
    expect(importCycles(layered)).toEqual([]);
  });

  it(`has no file over ${lineLimit} lines, and no default exports but where a tool asks for them`, () => {
    expect(forbiddenShapes(all)).toEqual([]);
  });
});

const file = (path: string, text: string): SourceFile => ({ path, text });

describe("the rules", () => {
  it.each([
    [
      "src/kernels/made-up.ts",
      'import { random } from "../model/random.js";',
      "kernels may not import model",
    ],
    ["src/errors.ts", 'import { z } from "./model/validate.js";', "errors may not import model"],
    [
      "src/model/made-up.ts",
      'import type { Tick } from "../streams/tick.js";',
      "model may not import streams",
    ],
    ["src/model/made-up.ts", 'export { tick } from "../streams/tick.js";', "model may not import streams"],
    ["src/model/made-up.ts", 'const a = await import("../streams/tick.js");', "model may not import streams"],
    [
      "src/model/made-up.ts",
      'new URL("../streams/tick.js", import.meta.url);',
      "model may not import streams",
    ],
    ["src/model/made-up.ts", 'type A = import("../streams/tick.js").Tick;', "model may not import streams"],
    ["src/streams/made-up.ts", 'import "../simulation/train.js";', "streams may not import simulation"],
    ["src/streams/tasks/made-up.ts", 'import { a } from "../../cli/main.js";', "streams may not import cli"],
    [
      "src/simulation/made-up.ts",
      'import { a } from "../server/server.js";',
      "simulation may not import server",
    ],
    ["src/wire/made-up.ts", 'import { a } from "../kernels/kernels.js";', "wire may not import kernels"],
    ["src/server/made-up.ts", 'import { a } from "../streams/clock.js";', "server may not import streams"],
    [
      "src/server/made-up.ts",
      'import type { A } from "../simulation/train.js";',
      "server may not import simulation",
    ],
    ["src/server/made-up.ts", 'import { a } from "../simulation/simulation.js";', "more than types"],
    ["src/server/made-up.ts", 'import { type A } from "../simulation/simulation.js";', "more than types"],
    ["src/cli/made-up.ts", 'import { a } from "../index.js";', "cli may not import index"],
    ["src/experiments/made-up.ts", 'import { a } from "../cli/main.js";', "experiments may not import cli"],
    ["clients/ts/made-up.ts", 'import { a } from "../../src/errors.js";', "clients may not import errors"],
    ["src/made-up/a.ts", "", "lies in no layer"],
    [
      "src/simulation/made-up.ts",
      'import { a } from "../kernels/reference/settle.js";',
      "a particular backend",
    ],
    ["src/kernels/made-up.ts", 'import { a } from "./tfjs/settle.js";', "a particular backend"],
    ["src/kernels/tfjs/made-up.ts", 'import { a } from "../reference/settle.js";', "a particular backend"],
    ["src/streams/made-up.ts", 'import { a } from "../kernels/backends.js";', "may choose a backend"],
    ["src/kernels/made-up.ts", 'import { map } from "rxjs";', '"rxjs", which only'],
    ["src/model/made-up.ts", 'import type { A } from "rxjs/operators";', '"rxjs/operators", which only'],
    ["src/wire/made-up.ts", 'import { map } from "rxjs";', '"rxjs", which only'],
    ["src/simulation/made-up.ts", 'import { WebSocket } from "ws";', '"ws", which only server'],
    ["src/cli/made-up.ts", 'import { WebSocket } from "ws";', '"ws", which only server'],
    ["src/server/made-up.ts", 'import { pack } from "msgpackr";', '"msgpackr", which only wire'],
    [
      "src/kernels/made-up.ts",
      'import * as tf from "@tensorflow/tfjs-core";',
      "which only src/kernels/tfjs/",
    ],
    ["src/kernels/made-up.ts", 'require("@tensorflow/tfjs-node");', "which only src/kernels/tfjs/"],
    ["src/kernels/reference/made-up.ts", 'import os from "node:os";', '"node:os", which only'],
    ["src/model/made-up.ts", 'import { readFileSync } from "node:fs";', '"node:fs", which only'],
    ["src/wire/made-up.ts", 'import { a } from "node:buffer";', '"node:buffer", which only'],
    ["clients/dashboard/made-up.ts", 'import { a } from "node:fs";', '"node:fs", which only'],
    ["src/model/made-up.ts", 'import _ from "lodash";', "no rule says which layer may"],
    [
      "src/model/made-up.ts",
      'import {\n  one,\n  two,\n} from "../streams/tick.js";',
      "model may not import streams",
    ],
  ])("refuse in %s: %j", (path, text, why) => {
    const refused = forbiddenImports([file(path, text)]);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(path);
    expect(refused[0]).toContain(why);
  });

  it.each([
    ["src/model/made-up.ts", 'import { a } from "../kernels/kernels.js";\nimport { z } from "zod";'],
    [
      "src/server/made-up.ts",
      'import type { A } from "../simulation/simulation.js";\nimport { a } from "ws";',
    ],
    [
      "src/kernels/backends.ts",
      'import { a } from "./reference/settle.js";\nawait import("./tfjs/settle.js");',
    ],
    ["src/kernels/tfjs/made-up.ts", 'import { a } from "./settle.js";\nimport { b } from "node:path";'],
    [
      "src/cli/made-up.ts",
      'import { a } from "../kernels/backends.js";\nimport { b } from "../server/server.js";',
    ],
    [
      "src/index.ts",
      'export { a } from "./kernels/backends.js";\nexport type { B } from "./streams/tick.js";',
    ],
    ["clients/dashboard/made-up.ts", 'import { a } from "../../src/wire/index.js";\nimport u from "uplot";'],
    ["src/model/made-up.ts", '/* import { a } from "rxjs"; */\n// import { a } from "rxjs";\n * from "rxjs"'],
  ])("allow in %s: %j", (path, text) => {
    expect(forbiddenImports([file(path, text)])).toEqual([]);
  });

  it("see types apart from what runs", () => {
    const text = [
      'import type { A } from "a";',
      'import type B from "b";',
      'export type { C } from "c";',
      'import { type D } from "d";',
      'import type, { E } from "e";',
      'import type from "f";',
      'import "g";',
    ].join("\n");
    const typeOnly = new Map(importsOf(text).map((found) => [found.specifier, found.typeOnly]));
    expect(Object.fromEntries(typeOnly)).toEqual({
      a: true,
      b: true,
      c: true,
      d: false,
      e: false,
      f: false,
      g: false,
    });
  });

  it("find cycles of any length, and none where there is none", () => {
    const ring = [
      file("src/model/a.ts", 'import { b } from "./b.js";'),
      file("src/model/b.ts", 'import type { C } from "./c.js";'),
      file("src/model/c.ts", 'export { a } from "./a.js";'),
    ];
    expect(importCycles(ring)).toEqual([
      "src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts",
    ]);
    expect(importCycles(ring.slice(0, 2))).toEqual([]);
    const diamond = [
      file("src/a.ts", 'import "./b.js";\nimport "./c.js";'),
      file("src/b.ts", 'import "./d.js";'),
      file("src/c.ts", 'import "./d.js";'),
      file("src/d.ts", ""),
    ];
    expect(importCycles(diamond)).toEqual([]);
    expect(importCycles([file("src/a.ts", 'import "./a.js";')])).toEqual(["src/a.ts -> src/a.ts"]);
  });

  it("find long files and default exports", () => {
    const lines = (count: number) => file("src/model/a.ts", "x\n".repeat(count));
    expect(forbiddenShapes([lines(lineLimit)])).toEqual([]);
    expect(forbiddenShapes([lines(lineLimit + 1)])).toEqual([
      "src/model/a.ts has 301 lines, allowed are 300",
    ]);
    const defaults = ["export default 1;", "export { a as default };"];
    for (const text of defaults) {
      expect(forbiddenShapes([file("src/a.ts", text)])).toEqual(["src/a.ts has a default export"]);
      expect(forbiddenShapes([file("clients/dashboard/vite.config.ts", text)])).toEqual([]);
    }
    expect(forbiddenShapes([file("src/a.ts", "export const defaults = 1;")])).toEqual([]);
  });
});
