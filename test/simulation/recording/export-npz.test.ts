import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportNpz } from "../../../src/simulation/recording/export-npz.js";
import { arraysFolder } from "../../../src/simulation/recording/run-folder.js";
import { select } from "../../../src/simulation/recording/selection.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { recorder } from "./recorded.js";

it("an export for NumPy is whole or not there; one before it stays until then", async () => {
  const folder = temporaryFolder();
  const { simulation, record, step } = await recorder(folder);
  await record([{ topic: "output/out", every: 1 }]);
  await step(20);
  await simulation.close();
  const run = join(folder, "run");
  const selected = await select(run, {});
  const out = temporaryFolder();
  const path = join(out, "run.npz");
  writeFileSync(path, "before");
  await exportNpz(selected, path);
  const whole = readFileSync(path);
  expect(whole.subarray(0, 2).toString()).toBe("PK");
  rmSync(join(run, arraysFolder), { recursive: true });
  expect((await rejectionOf(exportNpz(selected, path))).code).toBe("FILE_INVALID");
  expect(readdirSync(out)).toEqual(["run.npz"]);
  expect(readFileSync(path).equals(whole)).toBe(true);
});
