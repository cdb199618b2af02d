import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../src/simulation/checkpoint.js";
import { root } from "./built.js";
import { runEddy } from "./child-process.js";
import { scene } from "./simulation/running.js";
import { temporaryFolder } from "./temporary-folder.js";

const python = process.env.EDDY_PYTHON || "python3";
const searched = [join(root, "clients/python/src"), process.env.PYTHONPATH].filter(Boolean).join(delimiter);
const env = { ...process.env, PYTHONPATH: searched };

/** Why the example cannot run here, or null. */
const noTorch = ((): string | null => {
  try {
    execFileSync(python, ["-c", "import torch, eddy_client"], { env, stdio: "pipe" });
    return null;
  } catch (error) {
    const lines = String(error instanceof Error ? error.message : error)
      .trim()
      .split("\n");
    return `${python}: ${lines.at(-1)}; needed torch and what clients/python needs`;
  }
})();

describe.skipIf(noTorch)(`a checkpoint in PyTorch ${noTorch ? `(${noTorch})` : ""}`, () => {
  it.each([
    ["inference", 34],
    ["learning", 37],
  ])(
    "makes the tick that Eddy makes next, in %s; Eddy goes on from what was changed",
    async (_phase, tick) => {
      const folder = temporaryFolder();
      const file = join(folder, "scene.json");
      writeFileSync(file, JSON.stringify(scene));
      const kept = join(folder, "kept");
      const options = ["--headless", "--checkpoints", kept, "--ticks"];
      await runEddy(["run", file, ...options, `${tick}`]);
      await runEddy(["run", "--from", kept, ...options, `${tick + 1}`]);
      const [before, after] = [tick, tick + 1].map((at) =>
        join(kept, `tick-${String(at).padStart(12, "0")}`),
      );
      const changed = join(folder, "changed");
      const example = join(root, "examples/pytorch_checkpoint.py");
      const text = execFileSync(python, [example, before, after, changed], { env, encoding: "utf8" });
      const differences = [...text.matchAll(/largest difference (\S+)/g)].map(([, value]) => Number(value));
      expect(differences).toHaveLength(2);
      // sums in another order
      for (const difference of differences) expect(difference).toBeLessThan(1e-6);
      const weights = async (name: string) =>
        (await readCheckpoint(name)).snapshot.tensors.get("weights/m1->m2")?.data;
      const original = await weights(before);
      expect(await weights(changed)).toEqual(original?.map((value) => value / 2));
      const next = join(folder, "next");
      const gone = await runEddy([
        "run",
        "--from",
        changed,
        "--headless",
        "--checkpoints",
        next,
        "--ticks",
        `${tick + 1}`,
      ]);
      expect(gone.code).toBe(0);
      // weights change at the ends of trials alone
      expect(await weights(join(next, `tick-${String(tick + 1).padStart(12, "0")}`))).toEqual(
        await weights(changed),
      );
    },
  );
});
