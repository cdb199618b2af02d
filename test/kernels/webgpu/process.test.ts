import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { root } from "../../built.js";
import { runNode } from "../../child-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { noDevice } from "./open-device.js";

const folder = temporaryFolder();
const backends = pathToFileURL(join(root, "dist/kernels/backends.js")).href;

/** Runs a program in a process of its own, after the import of `openKernels`. */
function run(name: string, program: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { openKernels } from ${JSON.stringify(backends)};\n${program}`);
  return runNode([file], { env });
}

const compute = `
  const kernels = await openKernels("webgpu");
  const given = kernels.tensor(Float32Array.of(1, -3), [2]);
  console.log((await kernels.read(kernels.meanMagnitude(given)))[0]);
`;

describe.skipIf(noDevice)(`a process that computed with webgpu ${noDevice ? `(${noDevice})` : ""}`, () => {
  it("ends by itself after it closed", async () => {
    const { code, signal, stdout } = await run("closes", `${compute} kernels.close();`);
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "2\n" });
  });

  it("ends by itself with the backend open and work and reads under way", async () => {
    const program = `${compute}
      for (let made = 0; made < 500; made++) kernels.difference(given, given);
      void kernels.read(given);
    `;
    const { code, signal, stdout } = await run("leaves-open", program);
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "2\n" });
  });

  it("keeps its device while memory is collected", async () => {
    const program = `
      import { setFlagsFromString } from "node:v8";
      import { runInNewContext } from "node:vm";
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc");
      ${compute}
      for (let made = 0; made < 20; made++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log((await kernels.read(given))[1]);
      kernels.close();
    `;
    const { code, signal, stdout } = await run("collects", program);
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "2\n-3\n" });
  });

  // one that is ended in mid-computation takes the process with it: the addon of Dawn runs on without its environment
  it("outlives a worker thread that closes its kernels and is ended then", async () => {
    const program = `
      import { once } from "node:events";
      import { Worker, isMainThread, parentPort } from "node:worker_threads";
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        await once(worker, "message");
        worker.postMessage("close");
        await once(worker, "message");
        await worker.terminate();
        ${compute}
        kernels.close();
      } else {
        const kernels = await openKernels("webgpu");
        const given = kernels.tensor(new Float32Array(1e5), [1e5]);
        let closing = false;
        parentPort.on("message", () => { closing = true; });
        parentPort.postMessage("computes");
        while (!closing) {
          kernels.dispose(kernels.difference(given, given));
          await kernels.read(given);
        }
        kernels.close();
        parentPort.postMessage("closed");
      }
    `;
    const { code, signal, stdout } = await run("worker", program);
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: "2\n" });
  });
});

describe.skipIf(process.platform !== "linux")(
  "without a driver (shown where Vulkan is asked for one)",
  () => {
    it("webgpu is refused with what to do, in one line", async () => {
      const nowhere = join(folder, "no-driver.json");
      const program = `
      const refused = await openKernels("webgpu").catch((error) => error);
      console.log(refused.code + ": " + refused.message);
    `;
      const { code, stdout } = await run("no-driver", program, {
        VK_DRIVER_FILES: nowhere,
        VK_ICD_FILENAMES: nowhere,
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^BACKEND_UNAVAILABLE: backend "webgpu" is not available: [^\n]*driver[^\n]*choose another backend\n$/,
      );
    });
  },
);
