import type { MeasureContext } from "./measure.js";

/** What is under way is kept when so many seconds went by since it was last. */
const keepSeconds = 30;

/**
 * What a measure calls wherever it could be interrupted: it keeps what is under way when its time has come, or when it
 * was told to end, which it then does.
 * @param write keeps it, in files whose paths begin as told
 * @returns rejects with the signal's reason once that is aborted, and with what `write` throws
 */
export function keeping(
  { signal, partial }: Pick<MeasureContext, "signal" | "partial">,
  write: (partial: string) => Promise<void>,
  everySeconds = keepSeconds,
): () => Promise<void> {
  let keptMs = performance.now();
  return async () => {
    const due = performance.now() - keptMs >= everySeconds * 1000;
    if (partial !== null && (due || signal.aborted)) {
      await write(partial);
      keptMs = performance.now();
    }
    signal.throwIfAborted();
  };
}
