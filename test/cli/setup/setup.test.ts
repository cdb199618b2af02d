import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cpuWheels } from "../../../src/cli/setup/wheels.js";
import { startEddy } from "../../child-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { refused } from "../refused.js";
import { earlier, pip, place, ready, tools } from "./setup-fixture.js";
import { wheelIndex } from "./wheel-index.js";

const temporary = temporaryFolder();
const setUp = ["setup", "tensorflow", "--json"];
/** Where a program really lies; Python's launchers look for others beside them. */
function realPlace(command: string): string {
  if (command === "python3")
    return execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  const found = (process.env.PATH ?? "").split(delimiter).find((folder) => existsSync(join(folder, command)));
  return realpathSync(join(found ?? "", command));
}

describe.skipIf(!ready)("eddy setup tensorflow, with the tools that it needs,", () => {
  it.each([
    [["python3"], /needs python3 with pip, not found.*apt-get install python3-pip$/],
    [["g++"], /needs g\+\+, not found.*apt-get install g\+\+$/],
    [["npm"], /needs npm, not found.*apt-get install npm$/],
    [["npm", "g++"], /needs g\+\+ and npm, not found.*apt-get install g\+\+ npm$/],
  ])("says what to install without %j", async (missing, text) => {
    const { parent, folder } = place(temporary);
    const path = join(parent, "path");
    mkdirSync(path);
    for (const name of Object.keys(tools)) {
      if (!missing.includes(name)) symlinkSync(realPlace(name), join(path, name));
    }
    symlinkSync(process.execPath, join(path, "node"));
    expect(await refused(setUp, { env: { EDDY_TENSORFLOW: folder, PATH: path } })).toMatch(text);
    expect(readdirSync(parent)).toEqual(["path"]);
  });

  it("refuses a wheel of another hash, and leaves nothing behind", async () => {
    const { parent, folder } = place(temporary);
    const links = join(parent, "links");
    mkdirSync(links);
    writeFileSync(join(links, "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl"), "another");
    const line = await refused(setUp, {
      env: { EDDY_TENSORFLOW: folder, ...pip({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: links }) },
    });
    expect(line).toContain(`where ${cpuWheels[0].sha256} is needed`);
    expect(line).toMatch(/pip download tensorflow-cpu==2\.21\.0: what came has SHA-256 [0-9a-f]{64} /);
    expect(readdirSync(parent)).toEqual(["links"]);
  });

  it("names a log when a step fails, and keeps the state before", async () => {
    const { parent, folder } = place(temporary);
    earlier(folder);
    const line = await refused([...setUp, "--folder", folder], { env: pip({ PIP_NO_INDEX: "1" }) });
    expect(line).toMatch(
      /pip download tensorflow-cpu==2\.21\.0 failed \(exit code 1\): ERROR: .*; all it said: /,
    );
    const log = line.slice(line.indexOf(folder));
    expect(log.slice(folder.length)).toMatch(/^\.log-\d+$/);
    expect(readFileSync(log, "utf8")).toContain("No matching distribution");
    expect(readdirSync(parent).sort()).toEqual(["tensorflow", basename(log)]);
    expect(readFileSync(join(folder, "library"), "utf8")).toBe("as it was");
  });

  it("ends at Ctrl-C with all that it started, and the state before is still there", async () => {
    const index = await wheelIndex();
    try {
      const { parent, folder } = place(temporary);
      earlier(folder);
      const child = startEddy(setUp, { env: { EDDY_TENSORFLOW: folder, ...pip(index.pip) } });
      const stalled = await index.stalled();
      child.process.kill("SIGINT");
      expect(await child.ended).toMatchObject({
        code: 130,
        stdout: "",
        stderr: "stopped; nothing was changed\n",
      });
      await stalled.gone;
      expect(readdirSync(parent)).toEqual(["tensorflow"]);
      expect(readFileSync(join(folder, "library"), "utf8")).toBe("as it was");
    } finally {
      await index.close();
    }
  });

  it("clears what a killed run has left", async () => {
    const index = await wheelIndex();
    const { parent, folder } = place(temporary);
    try {
      const child = startEddy(setUp, { env: { EDDY_TENSORFLOW: folder, ...pip(index.pip) } });
      await index.stalled();
      child.process.kill("SIGKILL");
      await child.ended;
      expect(readdirSync(parent)).toContain(`tensorflow.new-${child.process.pid}`);
    } finally {
      await index.close();
    }
    await refused(setUp, { env: { EDDY_TENSORFLOW: folder, ...pip({ PIP_NO_INDEX: "1" }) } });
    expect(readdirSync(parent)).toEqual([expect.stringMatching(/^tensorflow\.log-\d+$/)]);
  });

  it("touches no folder that is not Eddy's", async () => {
    const { parent } = place(temporary);
    writeFileSync(join(parent, "thesis.tex"), "mine");
    expect(await refused([...setUp, "--folder", parent])).toMatch(/was not made by eddy setup tensorflow/);
    expect(readdirSync(parent)).toEqual(["thesis.tex"]);
  });
});
