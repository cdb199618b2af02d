// figure: SIGKILL of a run that writes checkpoints without pause: torn and missing checkpoints
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkpointKills, killsText } from "./parts/kills.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
    neurons: { type: "string", default: "256" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "eddy-kills-"));
const eddy = new URL("../../../dist/", import.meta.url);
console.log(`seed ${values.seed}, checkpoints in ${folder}`);
const kills = Number(values.kills);
const { seed, neurons } = values;
const result = await checkpointKills(
  { eddy, folder, kills, seed: Number(seed), neurons: Number(neurons) },
  (soFar) => {
    if (soFar.kills % 50 === 0) console.error(killsText(soFar));
  },
);
rmSync(folder, { recursive: true });
console.log(killsText(result));
if (result.torn + result.missing > 0) process.exitCode = 1;
