import type { ErrorMessage } from "eddy/wire";

/**
 * Why something that was asked of a run did not happen. `code` is the server's own (as INVALID_ARGUMENT, FORBIDDEN,
 * RATE_LIMITED, SIMULATION_ENDED), or one of the client's: UNREACHABLE, CLOSED, REFUSED, MALFORMED_MESSAGE,
 * INVALID_ARGUMENT, LIMIT_EXCEEDED.
 */
export class ClientError extends Error {
  override readonly name = "ClientError";

  constructor(
    readonly code: string,
    message: string,
    /** whether the same may succeed later */
    readonly retryable = false,
  ) {
    super(message);
  }

  /** An error that the server told. */
  static told({ code, message, retryable }: ErrorMessage): ClientError {
    return new ClientError(code, message, retryable);
  }
}

/** What went wrong, as one line. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
