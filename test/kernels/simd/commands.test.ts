import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as commands from "../../../src/kernels/simd/commands.js";

const header = readFileSync(
  new URL("../../../src/kernels/simd/c/commands.h", import.meta.url),
  "utf8",
).replaceAll(/\/\/.*$/gm, "");

/** The fields of each structure in the header, in order. All are words. */
const structures = Object.fromEntries(
  [...header.matchAll(/typedef struct \{([^}]*)\} (\w+);/g)].map(([, body, name]) => [
    name,
    body
      .split(";")
      .map((line) => line.trim().replace(/^(u32|float) /, ""))
      .filter((line) => line !== "")
      .flatMap((line) => line.split(",").map((field) => field.trim())),
  ]),
);

describe("commands.ts", () => {
  it.each([
    ["matrix", commands.matrixWords],
    ["job", commands.jobWords],
    ["settling", commands.settlingWords],
    ["term", commands.termWords],
    ["projecting", commands.projectingWords],
    ["gradient", commands.gradientWords],
    ["learning", commands.learningWords],
    ["elementwise", commands.elementwiseWords],
    ["packing", commands.packingWords],
  ])("numbers the words of %s as commands.h does", (name, { words, ...numbered }) => {
    expect(Object.entries(numbered)).toEqual(structures[name].map((field, index) => [field, index]));
    expect(words).toBe(structures[name].length);
  });

  it("knows every structure of commands.h", () => {
    expect(Object.keys(structures).map((name) => `${name}Words`)).toEqual(
      Object.keys(commands).filter((name) => name.endsWith("Words")),
    );
  });
});
