/** Stable codes of errors that a caller can act on. */
export type ErrorCode =
  | "INVALID_DESCRIPTION"
  | "INVALID_ARGUMENT"
  | "SHAPE_MISMATCH"
  | "UNKNOWN_BACKEND"
  | "BACKEND_UNAVAILABLE"
  | "DEVICE_LOST"
  | "OUT_OF_MEMORY"
  | "NO_SPECTRAL_RADIUS"
  | "NO_CONVERGENCE"
  | "FILE_NOT_FOUND"
  | "FILE_INVALID"
  | "FILE_EXISTS"
  | "DATA_MISSING"
  | "DOWNLOAD_FAILED"
  | "CHECKSUM_MISMATCH"
  | "TOOL_MISSING"
  | "UNSUPPORTED_PLATFORM"
  | "NO_SPACE"
  | "SETUP_FAILED"
  | "CHECKPOINT_MISMATCH"
  | "NOT_FINITE"
  | "PORT_IN_USE"
  | "SIMULATION_ENDED"
  | "FORBIDDEN"
  | "UNAUTHENTICATED"
  | "MALFORMED_MESSAGE"
  | "RATE_LIMITED"
  | "LIMIT_EXCEEDED";

/**
 * Bad input or a refusing environment: says what was given, what was needed and where. Checked once, at the
 * boundary. The command line prints its message as one line and exits with code 2.
 */
export class EddyError extends Error {
  override readonly name = "EddyError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What an error says, whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Asserts what only a bug of ours can break. @throws Error when `condition` is false */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
