// figure: what watching all states 60 times a second costs, as a share of the time of ticks
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gaborScene, openSimulation, type Watch } from "eddy";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    hz: { type: "string", default: "60" },
  },
});
const [windowMs, rounds, hzMax] = [1000 * Number(values.seconds), Number(values.rounds), Number(values.hz)];

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const simulation = await openSimulation(gaborScene, { paused: true });
let frames = 0;
simulation.frames.subscribe(() => {
  frames += 1;
});

/** What a stretch of time takes with these watches: time of a tick, and what part of it is theirs. */
async function measured(watches: readonly Watch[]) {
  const handles = await Promise.all(watches.map((watch) => simulation.watch(watch)));
  await sleep(200);
  const [before, framesBefore] = [simulation.status().load, frames];
  await sleep(windowMs);
  const after = simulation.status().load;
  for (const handle of handles) simulation.unwatch(handle);
  const tickSeconds = after.tickSeconds - before.tickSeconds;
  return {
    tickMicroseconds: (1e6 * tickSeconds) / (after.ticks - before.ticks),
    share: (after.watchingSeconds - before.watchingSeconds) / tickSeconds,
    framesASecond: (1000 * (frames - framesBefore)) / windowMs,
  };
}

const states = simulation.topics.filter(({ topic }) => topic.startsWith("state/"));
const cases: Readonly<Record<string, readonly Watch[]>> = {
  nothing: [],
  [`all states, ${hzMax} Hz`]: states.map(({ topic }) => ({ topic, every: 1, hzMax })),
  [`all states as bytes, ${hzMax} Hz`]: states.map(({ topic }) => ({
    topic,
    every: 1,
    hzMax,
    reduce: { kind: "bytes", range: [-1, 1] },
  })),
  "all states, every tick": states.map(({ topic }) => ({ topic, every: 1 })),
  lanes: [{ topic: "lanes", every: 1 }],
};

await simulation.command({ kind: "resume" });
await sleep(1000);
const found = Object.fromEntries(
  Object.keys(cases).map((name) => [name, [] as Awaited<ReturnType<typeof measured>>[]]),
);
// in turns, so that whatever else the machine does meets all of them
for (let round = 0; round < rounds; round++) {
  for (const [name, watches] of Object.entries(cases)) found[name].push(await measured(watches));
}
await simulation.close();

console.log(`${simulation.info.name}, ${simulation.info.backend}, as fast as possible; medians of ${rounds}`);
for (const [name, results] of Object.entries(found)) {
  const of = (key: keyof (typeof results)[number]) => median(results.map((result) => result[key]));
  console.log(
    `${name.padEnd(28)} tick ${of("tickMicroseconds").toFixed(1)} us, watching ${(100 * of("share")).toFixed(2)} % of it, ` +
      `${of("framesASecond").toFixed(0)} frames/s`,
  );
}
