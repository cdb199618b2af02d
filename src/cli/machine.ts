import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** What a figure depends on besides the program. */
export interface Machine {
  readonly cpu: string;
  /** logical processors */
  readonly cores: number;
  readonly memory_gib: number;
  readonly platform: string;
  /** instruction sets that kernels may use; empty where the system does not tell */
  readonly flags: readonly string[];
}

const wanted = /^(sse4_2|avx|avx2|fma|avx512(f|bw|dq|vl|_bf16)|asimd|sve2?)$/;

function instructionSets(): string[] {
  if (process.platform !== "linux") return [];
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
  return line ? line[1].split(/\s+/).filter((flag) => wanted.test(flag)) : [];
}

/** The machine that this process runs on. */
export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    flags: instructionSets(),
  };
}
