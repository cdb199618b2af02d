import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unpackTar } from "../../src/cli/unpack-tar.js";
import { EddyError } from "../../src/errors.js";
import { type TarEntry, tarArchive } from "../arbitraries/tar.js";
import { temporaryFolder } from "../temporary-folder.js";

const root = temporaryFolder();
const newFolder = (): string => mkdtempSync(join(root, "archive-"));
const contents = (bytes: number, seed = 0): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + seed) % 256));
const a: TarEntry = { name: "set/a.bin", content: contents(1300) };
const b: TarEntry = { name: "set/b.bin", content: contents(512, 3) };
const members = [
  { name: "a.bin", bytes: 1300 },
  { name: "b.bin", bytes: 512 },
];

/** What the folder holds after unpacking, or the refusal. */
async function unpacked(archive: Uint8Array) {
  const folder = newFolder();
  writeFileSync(join(folder, "archive"), archive);
  const error = await unpackTar(join(folder, "archive"), members, folder).then(
    () => null,
    (failure: unknown) => failure,
  );
  const files = readdirSync(folder).filter((name) => name !== "archive");
  if (error !== null) {
    expect(error).toBeInstanceOf(EddyError);
    expect(files).toEqual([]);
    return `${(error as EddyError).code} ${(error as EddyError).message}`;
  }
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name))]));
}

const whole = { "a.bin": a.content, "b.bin": b.content };

describe("unpackTar", () => {
  it("takes the members out, wherever they lie, and nothing else", async () => {
    const others: TarEntry[] = [
      { name: "set/", content: Buffer.alloc(0), type: "5" },
      { name: "set/readme.html", content: contents(700) },
      { name: "../../outside.bin", content: contents(10) },
    ];
    expect(await unpacked(gzipSync(tarArchive([others[0], b, others[1], others[2], a])))).toEqual(whole);
    expect(await unpacked(gzipSync(tarArchive([a, b], false)))).toEqual(whole);
  });

  it.skipIf(spawnSync("tar", ["--version"]).status !== 0)("reads what tar writes", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "set"));
    for (const { name, content } of [a, b]) writeFileSync(join(folder, name), content);
    execFileSync("tar", ["-czf", "set.tar.gz", "set"], { cwd: folder });
    expect(await unpacked(readFileSync(join(folder, "set.tar.gz")))).toEqual(whole);
  });

  it.each<[what: string, archive: Uint8Array, text: RegExp]>([
    ["lacks a file", gzipSync(tarArchive([a])), /^FILE_INVALID .*archive: lacks b\.bin$/],
    [
      "has one of another size",
      gzipSync(tarArchive([a, { ...b, content: contents(511) }])),
      /b\.bin has 511 bytes where 512 are needed/,
    ],
    ["has a link for a file", gzipSync(tarArchive([a, { ...b, type: "2" }])), /lacks b\.bin/],
    ["ends in a file", gzipSync(tarArchive([a, b]).subarray(0, 1100)), /ends too early/],
    ["ends in a header", gzipSync(tarArchive([a, b]).subarray(0, 2100)), /is no tar archive, or corrupt/],
    ["is something else", gzipSync(contents(4096)), /is no tar archive, or corrupt/],
    ["is not gzipped", tarArchive([a, b]), /cannot be unpacked \(incorrect header check\)/],
    [
      "is cut off",
      gzipSync(tarArchive([a, b])).subarray(0, 60),
      /cannot be unpacked \(unexpected end of file\)/,
    ],
    ["is empty", new Uint8Array(), /lacks a\.bin, b\.bin|cannot be unpacked/],
  ])("refuses an archive that %s, and leaves nothing", async (_what, archive, text) => {
    expect(await unpacked(archive)).toMatch(text);
  });

  it("refuses an archive that is not there", async () => {
    const folder = newFolder();
    await expect(unpackTar(join(folder, "none"), members, folder)).rejects.toMatchObject({
      code: "FILE_INVALID",
    });
  });

  it("never leaves a part, whatever byte is wrong", async () => {
    const good = tarArchive([a, b]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 2000 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const spoilt = Buffer.from(good);
        spoilt[at] ^= change;
        const result = await unpacked(gzipSync(spoilt));
        if (typeof result !== "string") expect(Object.keys(result).sort()).toEqual(["a.bin", "b.bin"]);
      }),
      { numRuns: 60 },
    );
  });
});
