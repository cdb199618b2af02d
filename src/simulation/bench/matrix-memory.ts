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
const kept: RecurrentMatrix[] = [];
const grow = (copies: number): number => {
  const before = residentBytes();
  for (let i = 0; i < copies; i++) kept.push(kernels.matrix(weights));
  return Math.max(1, (residentBytes() - before) / copies);
};
// the first also allocates what a backend needs once, such as a buffer to convert through
const first = grow(1);
const perMatrix = grow(Math.max(1, Math.min(256, Math.ceil(wantedBytes / first))));
process.stdout.write(String(Math.round((perMatrix / weights.values.length) * 100) / 100));
for (const matrix of kept) kernels.dispose(matrix);
kernels.close();
