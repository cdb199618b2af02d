import { freemem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees what nothing refers to any more, so that what is left can be measured. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}

/** Memory that this process has in use, bytes. */
export function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}

/** Backends that keep recurrent matrices without their zeros. */
const sparseBackends: readonly string[] = ["reference", "simd", "webgpu"];

/** Whether the machine has room for a module's matrix where a backend keeps its zeros: twice, while it is copied. */
export const hasRoomFor = (backend: string, neurons: number): boolean =>
  sparseBackends.includes(backend) || freemem() > 4 * neurons * neurons * 4;
