import { type Arena, poolOffset } from "./arena.js";
import type { Engine } from "./engine.js";

/** What kernels.c exports. */
interface Exports {
  readonly __stack_pointer: WebAssembly.Global;
  readonly run: (arena: number, pool: number, operation: number, command: number) => void;
  readonly lanes: () => number;
  readonly slots: () => number;
}

/** Bytes of a thread's stack. */
export const stackBytes = 65_536;

/** The kernels in WebAssembly: SIMD128 over shared memory, for any processor and for browsers. */
export function webAssemblyEngine(arena: Arena, module: WebAssembly.Module): Engine {
  const instance = new WebAssembly.Instance(module, { env: { memory: arena.memory } });
  const { __stack_pointer, run, lanes, slots } = instance.exports as unknown as Exports;
  // instances share the memory, so each needs a stack of its own
  __stack_pointer.value = arena.allocate(stackBytes) + stackBytes;
  return {
    variant: "wasm",
    lanes: lanes(),
    slots: slots() === 1,
    run: (operation, command) => run(0, poolOffset, operation, command),
  };
}
