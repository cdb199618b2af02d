/** Ctrl-C, asked for politely: the first ends what runs at its next good moment, the second ends the process. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back. */
  release(): void;
}

/** Listens for Ctrl-C and for the request to terminate. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const stop = () => controller.abort();
  // `once`: a second Ctrl-C meets no listener and ends the process as usual
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  return {
    signal: controller.signal,
    release() {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
