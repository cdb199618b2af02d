// A closed loop: a network steers an object to the middle; what it sees next follows from what it said.
import { closedLoop, simulate } from "eddy";

let position = 0.9;
let moves = 0;
const world = closedLoop(({ output }) => {
  // the readout says how sure it is that the object is on the right; it is pushed to the other side by as much
  if (output) position -= 0.2 * (output[0] - output[1]);
  moves += 1;
  const onTheRight = position > 0 ? 1 : 0;
  return { input: Float32Array.of(position, 1), target: Float32Array.of(onTheRight, 1 - onTheRight) };
});

const simulation = await simulate(
  {
    network: { preset: "chain", modules: 1, neurons: 32, inputs: 2, outputs: 2, task: "steer" },
    batch: 1,
    schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
    optimiser: { kind: "adam", learningRate: 0.01 },
  },
  { ticks: 5000, doors: { steer: world } },
);
simulation.frames.subscribe({
  complete: () => console.log(`from 0.9 to ${position.toFixed(2)} in ${moves} moves`),
});
