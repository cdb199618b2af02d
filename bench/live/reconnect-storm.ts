// figure: 1,000 clients are cut off at once by a server that dies: seconds until all are back
import { parseArgs } from "node:util";
import { connect, type Run } from "eddy/client";
import { pause, startServer } from "./parts/processes.js";

const { values } = parseArgs({ options: { clients: { type: "string", default: "1000" } } });
const clients = Number(values.clients);
const run = {
  name: "storm",
  network: { preset: "chain", modules: 1, neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 1,
  schedule: { kind: "continuous" },
  stimuli: { gabor: { source: "gabor" } },
};
const first = await startServer({ run, ticksPerSecond: 100, threads: 1 });
const { port, token } = first.started;
const runs: Run[] = [];
for (let count = 0; count < clients; count += 50) {
  runs.push(
    ...(await Promise.all(
      Array.from({ length: Math.min(50, clients - count) }, () =>
        connect(`ws://127.0.0.1:${port}/ws`, { token }),
      ),
    )),
  );
}
const frames = new Array<number>(clients).fill(0);
for (const [index, one] of runs.entries()) {
  one.watch("state/m1", { every: 5 }).subscribe({
    next: () => {
      frames[index] += 1;
    },
    error: (error: unknown) => console.error(error),
  });
}
await pause(3000);
console.log(`${frames.filter((count) => count > 0).length} of ${clients} clients see frames`);
first.child.kill("SIGKILL");
await pause(1000);
const second = await startServer({ run, ticksPerSecond: 100, threads: 1, port, token });
const startMs = performance.now();
frames.fill(0);
const backAfterMs: number[] = [];
while (backAfterMs.length < clients && performance.now() - startMs < 60_000) {
  await pause(50);
  const back = frames.filter((count) => count > 0).length;
  while (backAfterMs.length < back) backAfterMs.push(performance.now() - startMs);
}
const seconds = (at: number) =>
  `${((backAfterMs[Math.ceil(at * clients) - 1] ?? Number.NaN) / 1000).toFixed(2)} s`;
console.log(
  `${backAfterMs.length} of ${clients} clients are back and see frames: half after ${seconds(0.5)}, 99 % after ${seconds(0.99)}, all after ${seconds(1)}`,
);
for (const one of runs) one.close();
await second.end();
