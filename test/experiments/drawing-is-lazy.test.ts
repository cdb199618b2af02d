import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../../src", import.meta.url));

it("nothing but figures loads what figures are drawn with", () => {
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !/^experiments\/figure(\.ts$|\/)/.test(path));
  expect(sources.length).toBeGreaterThan(100);
  const loading = sources.filter((path) =>
    /^(import|export) (?!type\b)[^;]*from "[^"]*\/figure(\.js|\/[^"]*)";/m.test(
      readFileSync(join(source, path), "utf8"),
    ),
  );
  expect(loading).toEqual([]);
});
