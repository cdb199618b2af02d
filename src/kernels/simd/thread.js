// @ts-check
// A thread of the simd kernels. Plain JavaScript, so that Node starts it from the sources as well as from the build.
import { createRequire } from "node:module";
import { workerData } from "node:worker_threads";

/** How long a thread looks for parts before it sleeps, in milliseconds. */
const patienceMs = 0.2;
const fewestLooks = 1_000;
const mostLooks = 1_000_000;
const poolOffset = 1024;
const [threads, stop, wake, sleepers] = [0, 1, 6, 7];

/** @type {{ memory: WebAssembly.Memory, addon: string | null, variant: string, module: WebAssembly.Module | null, stackTop: number }} */
const { memory, addon, variant, module, stackTop } = workerData;
const pool = new Int32Array(memory.buffer, poolOffset, 16);

/** @returns {(me: number, patience: number) => void} */
function open() {
  if (module) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const { __stack_pointer, serve } =
      /** @type {{ __stack_pointer: WebAssembly.Global, serve: (...given: number[]) => void }} */ (
        /** @type {unknown} */ (exports)
      );
    __stack_pointer.value = stackTop;
    return (me, patience) => serve(0, poolOffset, me, patience);
  }
  return createRequire(import.meta.url)(addon ?? "").open(new Uint8Array(memory.buffer), variant).serve;
}

const serve = open();
const me = Atomics.add(pool, threads, 1);
let looks = 20_000;
let msOfLook = Number.POSITIVE_INFINITY;
while (Atomics.load(pool, stop) === 0) {
  const before = Atomics.load(pool, wake);
  const startMs = performance.now();
  serve(me, looks);
  // the least of all: a time with work in it says nothing about a look
  msOfLook = Math.min(msOfLook, (performance.now() - startMs) / looks);
  looks = Math.min(Math.max(Math.round(patienceMs / msOfLook), fewestLooks), mostLooks);
  Atomics.add(pool, sleepers, 1);
  // returns at once when somebody has called since
  Atomics.wait(pool, wake, before);
  Atomics.sub(pool, sleepers, 1);
}
