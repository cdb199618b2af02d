// figure: 1,000,000 wrong messages over several sockets: crashes, internal errors, growth of memory
import { parseArgs } from "node:util";
import { fuzzInput } from "./parts/fuzz-input.js";
import { LeanClient } from "./parts/lean-client.js";
import { startServer } from "./parts/processes.js";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    sockets: { type: "string", default: "8" },
  },
});
const server = await startServer({
  run: {
    name: "fuzz",
    network: { preset: "chain", modules: 2, neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
    batch: 1,
    schedule: { kind: "continuous" },
    stimuli: { gabor: { source: "gabor" } },
  },
  ticksPerSecond: 100,
  threads: 1,
});
const { port, token } = server.started;
let exits = 0;
server.child.once("exit", () => {
  exits += 1;
});
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const heaps: number[] = [];
const report = await fuzzInput({
  port,
  token,
  cases: Number(values.cases),
  seed: Number(values.seed),
  sockets: Number(values.sockets),
  async progress() {
    heaps.push((await server.stands()).heapBytes);
  },
});
const list = (counts: ReadonlyMap<string | number, number>) =>
  [...counts].map(([key, number]) => `${key} ${number}`).join(", ");
const healthy = await LeanClient.open(port, token, { topic: "events" });
healthy.close();
const { rssBytes, heapBytes } = await server.stands();
const internal = (report.errors.get("INTERNAL") ?? 0) + (report.closed.get(1011) ?? 0);
console.log(
  `${report.cases} cases (seed ${values.seed}) over ${report.connections} connections: ${exits} crashes, ${internal} internal errors`,
);
console.log(`replies: ${list(report.errors)}`);
console.log(`connections ended: ${list(report.closed)}`);
console.log(
  `heap after forced collections ${mebibytes(heaps[0] ?? heapBytes)} after the first cases, ${mebibytes(heapBytes)} at the end; resident ${mebibytes(rssBytes)}`,
);
await server.end();
process.exitCode = exits + internal === 0 ? 0 : 1;
