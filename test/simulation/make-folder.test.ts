import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../src/simulation/make-folder.js";
import { temporaryFolder } from "../temporary-folder.js";

const root = temporaryFolder();
const file = join(root, "file");
writeFileSync(file, "");

const messageOf = (folder: string): string => {
  try {
    makeFolder(folder);
  } catch (error) {
    expect(error).toMatchObject({ code: "FILE_INVALID" });
    return (error as Error).message;
  }
  return expect.unreachable();
};

describe("a folder", () => {
  it("is made with those that it lies in, and stays as it is when it is there", () => {
    const folder = join(root, "a", "b", "c");
    makeFolder(folder);
    writeFileSync(join(folder, "kept"), "");
    makeFolder(folder);
    expect(statSync(join(folder, "kept")).isFile()).toBe(true);
  });

  it.each([file, join(file, "x"), join(file, "x", "y")])(
    "is refused where a file is in its way: %s",
    (folder) => {
      const message = messageOf(folder);
      expect(message).toContain(`${file} is a file where a folder is needed; choose another`);
      expect(message).not.toContain("\n");
    },
  );

  it("is refused where a link leads nowhere", () => {
    const link = join(root, "link");
    symlinkSync(join(root, "nowhere"), link);
    expect(messageOf(join(link, "x"))).toContain(`${link} is a link to nothing`);
  });

  it.skipIf(!existsSync("/proc/self"))("is refused, at once, in a file system that takes none", () => {
    expect(messageOf("/proc/foo/bar")).toBe(
      "/proc/foo/bar: this folder cannot be written: /proc takes no folders; choose another",
    );
  });

  it.skipIf(process.getuid?.() === 0)("is refused where nobody may write", () => {
    const locked = join(root, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    for (const folder of [locked, join(locked, "x")])
      expect(messageOf(folder)).toContain(`${locked} is not writable`);
  });
});
