// figure: 1,000,000 ticks and 10,000 client sessions: heap after forced collections
import { parseArgs } from "node:util";
import { LeanClient } from "./parts/lean-client.js";
import { pause, startServer } from "./parts/processes.js";

const { values } = parseArgs({
  options: { ticks: { type: "string", default: "1000000" }, sessions: { type: "string", default: "10000" } },
});
const [ticks, sessions] = [Number(values.ticks), Number(values.sessions)];
const AT_ONCE = 20;
const LOOKS = 10;

const run = {
  name: "soak",
  network: { preset: "chain", modules: 2, neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 12, learning: 10 } },
  stimuli: { gabor: { source: "gabor" } },
};
const topics = ["state/m1", "error/m2", "metrics/gabor", "events"];
const server = await startServer({ run, ticksPerSecond: null, threads: 1 });
const { port, token } = server.started;
server.go();

/** A session: subscribes, sees a frame or two, and leaves, politely or not. */
async function session(number: number): Promise<void> {
  let frames = 0;
  let seen = () => {};
  const some = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const topic = topics[number % topics.length];
  const client = await LeanClient.open(
    port,
    token,
    { topic, every: topic.startsWith("state") ? 7 : 1 },
    () => {
      frames += 1;
      if (frames === 2) seen();
    },
  );
  await Promise.race([some, pause(1000)]);
  if (number % 3 === 0) client.socket.close(1000);
  else client.close();
}

const heaps: number[] = [];
let done = 0;
let nextLook = 0;
for (;;) {
  const { tick, heapBytes, rssBytes } = await server.stands();
  const progress = Math.min(tick / ticks, done / sessions);
  if (progress >= nextLook / LOOKS) {
    heaps.push(heapBytes);
    console.log(
      `tick ${tick}, ${done} sessions: heap ${(heapBytes / 2 ** 20).toFixed(2)} MiB, resident ${(rssBytes / 2 ** 20).toFixed(0)} MiB`,
    );
    nextLook += 1;
  }
  if (tick >= ticks && done >= sessions) break;
  if (done < sessions) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => session(done + index)));
    done += AT_ONCE;
  } else await pause(500);
}
await server.end();
// the first looks pay for caches and code that warm up
const [early, late] = [heaps[1], heaps.at(-1) ?? Number.NaN];
console.log(
  `heap grew by ${((late - early) / 2 ** 20).toFixed(2)} MiB from the second look to the last (${(((late - early) / early) * 100).toFixed(1)} %)`,
);
