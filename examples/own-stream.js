// Any Observable can be a network's stimulus: here two patterns take turns, fifty a second.
import { fromStream, simulate } from "eddy";
import { interval, map, take, toArray } from "rxjs";

const pattern = (label) => ({
  input: Float32Array.from({ length: 16 }, (_, i) => (i % 2 === label ? 1 : 0)),
  target: Float32Array.of(1 - label, label),
});
const patterns = fromStream(interval(20).pipe(map((i) => pattern(i % 2))));

const simulation = await simulate(
  {
    network: { preset: "chain", modules: 2, neurons: 32, inputs: 16, outputs: 2, task: "patterns" },
    batch: 1,
    schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
    optimiser: { kind: "adam", learningRate: 0.05 },
  },
  { ticksPerSecond: 1000, doors: { patterns } },
);
simulation.frames.pipe(take(60), toArray()).subscribe(async (frames) => {
  const losses = frames.map(({ payload }) => payload.loss);
  console.log(
    `loss ${losses[0].toFixed(3)} at first, ${losses.at(-1).toFixed(3)} after ${losses.length} trials`,
  );
  await simulation.close();
});
await simulation.watch({ topic: "metrics/patterns", every: 1 });
