import { expect } from "vitest";
import { EddyError } from "../src/errors.js";

function checked(error: unknown): EddyError {
  expect(error).toBeInstanceOf(EddyError);
  const { message } = error as EddyError;
  expect(message).not.toContain("\n");
  return error as EddyError;
}

/** The EddyError, of one line, that a call throws. */
export function errorOf(run: () => unknown): EddyError {
  try {
    run();
  } catch (error) {
    return checked(error);
  }
  throw new Error("nothing was thrown");
}

/** The EddyError, of one line, with which a promise is rejected. */
export async function rejectionOf(promise: Promise<unknown>): Promise<EddyError> {
  return promise.then(() => {
    throw new Error("the promise was fulfilled");
  }, checked);
}
