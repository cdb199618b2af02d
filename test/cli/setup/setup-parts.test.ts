import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkSpace, stage } from "../../../src/cli/setup/staging.js";
import { checkPlatform } from "../../../src/cli/setup/tools.js";
import { readTried } from "../../../src/cli/setup/try-library.js";
import { notUsed } from "../../../src/cli/setup.js";
import {
  damagedFiles,
  installationFile,
  packageBeside,
  readInstallation,
  tensorflowFolder,
} from "../../../src/kernels/tensorflow-folder.js";
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

/** Whose rights are checked: root, who may do everything, passes for another user meanwhile. */
function withoutRoot(act: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe.skipIf(process.platform === "win32")("an old folder that cannot be removed", () => {
  it("is left, as long as nothing depends on it", () => {
    const { parent, folder } = place(temporary);
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    earlier(folder);
    const kept = join(folder, "kept");
    for (const path of [kept, `${folder}.old-${dead}`, `${folder}.new-${dead}`]) mkdirSync(path);
    for (const path of [kept, `${folder}.new-${dead}`]) {
      writeFileSync(join(path, "file"), "");
      chmodSync(path, 0o555);
    }
    for (const path of [temporary, parent, folder]) chmodSync(path, 0o777);
    withoutRoot(() => {
      const staging = stage(folder, 1);
      writeFileSync(join(staging.path, "library"), "new");
      staging.commit();
      staging.discard();
    });
    expect(readFileSync(join(folder, "library"), "utf8")).toBe("new");
    expect(readdirSync(parent).sort()).toEqual([
      "tensorflow",
      `tensorflow.new-${dead}`,
      `tensorflow.old-${process.pid}`,
    ]);
    for (const path of [`${folder}.new-${dead}`, join(`${folder}.old-${process.pid}`, "kept")])
      chmodSync(path, 0o777);
  });
});

describe("the log of a setup", () => {
  it("is cleared once its setup is over, and another's left alone", () => {
    const { parent, folder } = place(temporary);
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    for (const pid of [dead, process.ppid]) writeFileSync(`${folder}.log-${pid}`, "");
    stage(folder, 1).discard();
    expect(readdirSync(parent)).toEqual([`tensorflow.log-${process.ppid}`]);
  });
});

describe("what a library that was tried has printed", () => {
  it("is its result in the last line", () => {
    const tried = { deviation: 1e-7, version: "2.21.0", device: "CPU" };
    expect(readTried(`hello\n${JSON.stringify(tried)}\n`, "")).toEqual(tried);
  });

  it.each([
    ["", "", /it printed nothing$/],
    ["", "2026: cannot\n  open it\n", /it printed 2026: cannot \| open it$/],
    ["a banner", "", /it printed a banner$/],
    ["[]", "", /it printed \[\]$/],
  ])("is told where it is no result: %j, %j", (stdout, stderr, text) => {
    const error = errorOf(() => readTried(stdout, stderr));
    expect(error).toMatchObject({ code: "SETUP_FAILED", message: expect.stringMatching(text) });
  });
});

describe("a library that was set up but is not taken", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is told with the package beside Eddy that is, and with what to do", () => {
    vi.stubEnv("EDDY_TENSORFLOW", "");
    const folder = tensorflowFolder();
    expect(notUsed(folder, null)).toBe(null);
    expect(notUsed(folder, "@tensorflow/tfjs-node")).toMatch(
      /^@tensorflow\/tfjs-node is installed beside Eddy and is taken instead, .* set EDDY_TENSORFLOW=/,
    );
    expect(notUsed(join(temporary, "elsewhere"), null)).toMatch(/^for Eddy to find it, set EDDY_TENSORFLOW=/);
    vi.stubEnv("EDDY_TENSORFLOW", folder);
    expect(notUsed(folder, "@tensorflow/tfjs-node")).toBe(null);
  });

  it("is so by the first package that is there", () => {
    const { parent } = place(temporary);
    const from = join(parent, "main.js");
    const install = (name: string) => {
      const path = join(parent, "node_modules", name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, "index.js"), "throw new Error('loaded')");
    };
    expect(packageBeside(from)).toBe(null);
    install("@tensorflow/tfjs-node");
    expect(packageBeside(from)).toBe("@tensorflow/tfjs-node");
    install("@tensorflow/tfjs-node-gpu");
    expect(packageBeside(from)).toBe("@tensorflow/tfjs-node-gpu");
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
