// A program as the world of a network, over the wire: an agent on a line learns to walk home, wherever it is put.
// With the address that `eddy run` prints for such a network it plays there; without one it serves a network itself.
import { openSimulation, serve } from "eddy";
import { connect } from "eddy/client";

const places = 5; // on each side of home
const walk = {
  network: { preset: "chain", modules: 1, neurons: 32, inputs: 2 * places + 1, outputs: 2, task: "walk" },
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
  optimiser: { kind: "adam", learningRate: 0.02 },
  stimuli: { walk: { source: "client", late: "wait", timeoutMs: 5000 } },
};

let simulation = null;
let server = null;
let [address] = process.argv.slice(2);
if (!address) {
  simulation = await openSimulation(walk, { paused: true });
  server = await serve({ simulation });
  address = server.url;
}
const run = await connect(address);

let place = places;
let steps = 0;
const walks = [];
// asked with what the network chose; what it sees next is where that has led
const world = run.world("walk", ({ output }) => {
  if (output) {
    place += output[0] > output[1] ? -1 : 1;
    steps += 1;
  }
  if (place === 0 || Math.abs(place) > places) {
    walks.push(place === 0 ? steps : null);
    steps = 0;
    place = walks.length % 2 ? -places : places;
  }
  const input = new Float32Array(2 * places + 1);
  input[place + places] = 1;
  return { input, target: place > 0 ? [1, 0] : [0, 1] };
});

const told = world.answers.subscribe(async () => {
  if (walks.length < 12) return;
  told.unsubscribe();
  world.stop();
  console.log(`steps home: ${walks.map((count) => count ?? "lost").join(" ")}`);
  run.close();
  await server?.close();
  await simulation?.close();
});
await run.resume();
