// figure: SIGKILL of recordings at random moments: unreadable ones, and ones that replay differently
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killedRecordings, killedText } from "./parts/killed-recordings.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    /** a Python with zarr, which then looks, too */
    python: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "eddy-recording-kills-"));
console.log(`seed ${values.seed}, recordings in ${folder}`);
const result = await killedRecordings({
  eddy: new URL("../../../dist/", import.meta.url),
  folder,
  kills: Number(values.kills),
  seed: Number(values.seed),
  python: values.python ?? null,
});
for (const line of [...result.unreadable, ...result.different]) console.log(line);
console.log(killedText(result));
if (result.unreadable.length + result.different.length > 0) process.exitCode = 1;
else rmSync(folder, { recursive: true });
