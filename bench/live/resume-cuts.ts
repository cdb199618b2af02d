// figure: 1,000 random cuts of a connection: frames missed without a word, and frames twice
import { parseArgs } from "node:util";
import { cutConnections } from "./parts/cut-connections.js";
import { startServer } from "./parts/processes.js";

const { values } = parseArgs({
  options: { cuts: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const server = await startServer({
  run: {
    name: "cuts",
    network: { preset: "chain", modules: 2, neurons: 256, inputs: 1024, outputs: 2, task: "gabor" },
    batch: 1,
    schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
    stimuli: { gabor: { source: "gabor" } },
  },
  ticksPerSecond: 500,
  threads: 1,
});
const { port, token } = server.started;
const report = await cutConnections({
  port,
  token,
  cuts: Number(values.cuts),
  seed: Number(values.seed),
  everyTick: ["state/m1", "state/m2"],
  lossless: ["error/m1", "metrics/gabor", "events"],
});
const { cuts, frames, recovered, anew, toldGaps, untoldGaps, duplicates } = report;
console.log(
  `${cuts} cuts (seed ${values.seed}), ${frames} frames: ${untoldGaps} gaps that nobody told, ${duplicates} duplicates; ` +
    `channels went on ${recovered} times and were begun anew ${anew} times; ${toldGaps} conflated frames left out, as told`,
);
await server.end();
process.exitCode = untoldGaps + duplicates === 0 ? 0 : 1;
