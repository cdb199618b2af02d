import { EddyError, type ErrorCode } from "../../src/errors.js";

/**
 * What an action is refused with, as "CODE message"; null when it is not.
 * @throws what the action throws, unless it is an EddyError of one line
 */
export function refused(action: () => unknown): string | null {
  try {
    action();
  } catch (error) {
    if (!(error instanceof EddyError) || /[\r\n]/.test(error.message)) throw error;
    return `${error.code} ${error.message}`;
  }
  return null;
}

/** A refusal of this code; INVALID_DESCRIPTION when none is named. */
export const refusal = (message: string, code: ErrorCode = "INVALID_DESCRIPTION"): string =>
  `${code} ${message}`;
