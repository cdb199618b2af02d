import type { Block } from "./kernels.js";

/** The union of blocks in ascending order: those that touch or overlap are one, empty ones are left out. */
export function union(blocks: readonly Block[]): Block[] {
  const united: Block[] = [];
  for (const [start, end] of [...blocks].sort(([a], [b]) => a - b)) {
    const last = united.at(-1);
    if (last && start <= last[1]) united[united.length - 1] = [last[0], Math.max(last[1], end)];
    else if (end > start) united.push([start, end]);
  }
  return united;
}
