import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { checkpointKills, killsText } from "../../bench/live/parts/kills.js";
import { root } from "../built.js";
import { temporaryFolder } from "../temporary-folder.js";

it("a run that is killed at any moment leaves a whole checkpoint, none older than it announced", async () => {
  const folder = temporaryFolder();
  const seed = 7;
  const eddy = pathToFileURL(join(root, "dist/"));
  const result = await checkpointKills({ eddy, folder, kills: 4, seed, neurons: 64 });
  expect(result, `seed ${seed}`).toMatchObject({ kills: 4, torn: 0, missing: 0 });
  expect(result.announced).toBeGreaterThanOrEqual(4);
  expect(killsText(result)).toMatch(/^4 kills, 0 torn, 0 missing/);
});
