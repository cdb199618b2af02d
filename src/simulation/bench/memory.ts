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

/** Whether the machine has room to handle a module: its weights as drawn, and what a backend makes of them. */
export const hasRoomFor = (neurons: number): boolean => freemem() > 4 * neurons * neurons * 4;
