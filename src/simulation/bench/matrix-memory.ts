import { setTimeout } from "node:timers/promises";
import { openKernels } from "../../kernels/backends.js";
import type { RecurrentMatrix } from "../../kernels/kernels.js";
import { residentBytes } from "./memory.js";
import { benchWeights } from "./sparse-module.js";

/** The difference has to stand out from what else a process allocates, and the machine has to stand it. */
const wantedBytes = 64 * 2 ** 20;

/** A program of its own: prints by how many bytes a connection this process grows for a recurrent matrix. */
const [backend, neurons, connectionRate] = process.argv.slice(2);
const kernels = await openKernels(backend);
const weights = benchWeights(Number(neurons), Number(connectionRate));
const connections = weights.values.length;
// what drawing took is given back to the system by another thread
residentBytes();
await setTimeout(200);
const kept: RecurrentMatrix[] = [];
const grow = (copies: number): number => {
  const before = residentBytes();
  for (let i = 0; i < copies; i++) kept.push(kernels.matrix(weights));
  return (residentBytes() - before) / copies;
};
// the first also allocates what a backend needs once, such as a buffer to convert through; in room that it found it may
// show less than the numbers take
const first = Math.max(grow(1), 6 * connections);
const perMatrix = grow(Math.max(1, Math.min(256, Math.ceil(wantedBytes / first))));
process.stdout.write(String(Math.round((perMatrix / connections) * 100) / 100));
for (const matrix of kept) kernels.dispose(matrix);
kernels.close();
