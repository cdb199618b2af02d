/** Ctrl-C, asked for politely: the first ends what runs at its next good moment, the second ends the process. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back. */
  release(): void;
}

/** Listens for Ctrl-C and for the request to terminate. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const release = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  const stop = () => {
    // a second signal, of either kind, meets no listener and ends the process as usual
    release();
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { signal: controller.signal, release };
}
