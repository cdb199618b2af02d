import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  installationFile,
  readInstallation,
  tensorflowFolder,
} from "../../../src/kernels/tensorflow-folder.js";
import { runEddy } from "../../child-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { refused } from "../refused.js";
import { pip, place, ready } from "./setup-fixture.js";

const temporary = temporaryFolder();
const setUp = ["setup", "tensorflow", "--json"];

describe("the backend tensorflow", () => {
  const train = ["train", "--task", "gabor", "--backend", "tensorflow"];

  it("says where it looked and what to run when nothing is set up there", async () => {
    const { folder } = place(temporary);
    const line = await refused(train, { env: { EDDY_TENSORFLOW: folder } });
    expect(line).toContain(`@tensorflow/tfjs-node is not installed in ${folder}`);
    expect(line).toMatch(/run eddy setup tensorflow \(Linux x64\), or choose another backend$/);
  });

  it("says why what is there does not load", async () => {
    const { folder } = place(temporary);
    const inside = join(folder, "node_modules/@tensorflow/tfjs-node");
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, "index.js"), 'throw new Error("libtensorflow.so.2: cannot open\\nmore");');
    const line = await refused(train, { env: { EDDY_TENSORFLOW: folder } });
    expect(line).toContain(`does not load in ${folder} (libtensorflow.so.2: cannot open)`);
  });
});

const built = readInstallation(tensorflowFolder());
describe.skipIf(built === null)(
  `TensorFlow as it is set up here ${built ? "" : "(eddy setup tensorflow)"}`,
  () => {
    const env = { EDDY_TENSORFLOW: tensorflowFolder() };

    it("is found there by eddy setup, which builds nothing", async () => {
      const { code, stdout, stderr } = await runEddy(setUp, { env: { ...env, PATH: "" } });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({
        outcome: "present",
        folder: env.EDDY_TENSORFLOW,
        library: built?.library,
      });
    });

    it("is told of by eddy doctor", async () => {
      const { stdout } = await runEddy(["doctor"], { env });
      expect(stdout).toContain(`(${built?.library.split(" ")[0]}) on the `);
      expect(stdout).toContain(`, from ${env.EDDY_TENSORFLOW}`);
    });

    it("runs in a simulation's thread, and prints nothing of its own", async () => {
      const args = ["run", "--headless", "--backend", "tensorflow", "--ticks", "44"];
      const { code, stdout, stderr } = await runEddy(args, { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^ended at tick 44: /);
    });

    it.skipIf(!ready)("is built anew when a file has lost its end", async () => {
      const { folder } = place(temporary);
      mkdirSync(folder);
      symlinkSync(join(env.EDDY_TENSORFLOW, "node_modules"), join(folder, "node_modules"));
      const path = Object.keys(built?.files ?? {})[0];
      const damaged = { ...built, files: { ...built?.files, [path]: 1 } };
      writeFileSync(join(folder, installationFile), JSON.stringify(damaged));
      const line = await refused(setUp, { env: { EDDY_TENSORFLOW: folder, ...pip({ PIP_NO_INDEX: "1" }) } });
      expect(line).toMatch(/pip download .* failed/);
      expect(readdirSync(folder).sort()).toEqual([basename(installationFile), "node_modules"].sort());
    });
  },
);
