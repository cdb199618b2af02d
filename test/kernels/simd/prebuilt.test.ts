import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string): Buffer => readFileSync(new URL(path, root));
const { sha256 } = JSON.parse(read("prebuilt/checksums.json").toString()) as {
  sha256: Record<string, string>;
};

describe("prebuilt/", () => {
  it("is what was made of the sources as they are now: npm run build:kernels", () => {
    const now = Object.fromEntries(
      Object.keys(sha256).map((path) => [path, createHash("sha256").update(read(path)).digest("hex")]),
    );
    expect(now).toEqual(sha256);
  });

  it("has a checksum for every source and every artifact", () => {
    const files = ["src/kernels/simd/c", "prebuilt"].flatMap((folder) =>
      readdirSync(new URL(folder, root)).map((file) => `${folder}/${file}`),
    );
    expect(files.filter((file) => file !== "prebuilt/checksums.json").sort()).toEqual(
      Object.keys(sha256).sort(),
    );
  });
});
