import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSpace, stage } from "../../../src/cli/setup/staging.js";
import { checkPlatform } from "../../../src/cli/setup/tools.js";
import { damagedFiles, installationFile, readInstallation } from "../../../src/kernels/tensorflow-folder.js";
import { errorOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { earlier, place } from "./setup-fixture.js";

const temporary = temporaryFolder();

describe("where eddy setup tensorflow cannot work", () => {
  it.each([
    ["darwin", "arm64", null, /given darwin arm64; needed linux x64/],
    ["linux", "arm64", "2.36", /given linux arm64, glibc 2\.36; needed linux x64/],
    ["linux", "x64", "2.17", /given linux x64, glibc 2\.17; .*glibc 2\.27 or later/],
    ["linux", "x64", null, /given linux x64, no glibc; needed/],
  ])("%s %s, glibc %s: it says so", (platform, arch, glibc, text) => {
    const error = errorOf(() => checkPlatform(platform, arch, glibc));
    expect(error).toMatchObject({ code: "UNSUPPORTED_PLATFORM", message: expect.stringMatching(text) });
  });

  it("takes linux x64 with a glibc that is new enough", () => {
    expect(() => checkPlatform("linux", "x64", "2.27")).not.toThrow();
    expect(() => checkPlatform("linux", "x64", "3.0")).not.toThrow();
  });

  it("says how much room is needed, before anything is downloaded", () => {
    const { parent, folder } = place(temporary);
    const error = errorOf(() => stage(join(folder, "deeper"), 1e18));
    expect(error).toMatchObject({
      code: "NO_SPACE",
      message: expect.stringMatching(/deeper: [\d.]+ GB are free there, needed 1000000000\.0 GB/),
    });
    expect(readdirSync(parent)).toEqual([]);
    expect(() => checkSpace(folder, 1)).not.toThrow();
  });
});

describe("a folder in which is built", () => {
  it("takes the place of the one before in one go", () => {
    const { parent, folder } = place(temporary);
    earlier(folder);
    const staging = stage(folder, 1);
    writeFileSync(join(staging.path, "library"), "new");
    expect(readFileSync(join(folder, "library"), "utf8")).toBe("as it was");
    staging.commit();
    staging.discard();
    expect(readdirSync(parent)).toEqual(["tensorflow"]);
    expect(readFileSync(join(folder, "library"), "utf8")).toBe("new");
  });

  it("puts back what a run that was killed between two renames has moved away, and leaves a living run's alone", () => {
    const { parent, folder } = place(temporary);
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    earlier(`${folder}.old-${dead}`);
    mkdirSync(`${folder}.new-${process.ppid}`);
    stage(folder, 1).discard();
    expect(readdirSync(parent).sort()).toEqual(["tensorflow", `tensorflow.new-${process.ppid}`]);
    expect(readFileSync(join(folder, "library"), "utf8")).toBe("as it was");
  });
});

describe("what is set up", () => {
  it("is known by the file that is written last", () => {
    const { folder } = place(temporary);
    expect(readInstallation(folder)).toBe(null);
    earlier(folder);
    expect(readInstallation(folder)).toEqual({ recipe: 0, library: "x 1", cuda: false, files: {} });
    for (const text of [
      "{",
      "[]",
      '{"recipe": 1}',
      '{"recipe": 1, "library": "x", "cuda": false, "files": {"a": "b"}}',
    ]) {
      writeFileSync(join(folder, installationFile), text);
      expect(readInstallation(folder), text).toBe(null);
    }
  });

  it("is damaged where a file is missing or has another size", () => {
    const { folder } = place(temporary);
    earlier(folder);
    const files = { library: 9, addon: 3, [installationFile]: 1 };
    expect(damagedFiles(folder, { recipe: 1, library: "x 1", cuda: false, files })).toEqual([
      "addon",
      installationFile,
    ]);
  });
});
