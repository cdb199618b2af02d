import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { EddyError } from "../errors.js";

const PORT_MAX = 65_535;

/**
 * Starts to listen.
 * @returns the port, which is another than `port` when that is 0
 * @throws EddyError PORT_IN_USE or INVALID_ARGUMENT, as rejections
 */
export async function listen(http: Server, host: string, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `port ${port}: a whole number from 0 (any free one) to ${PORT_MAX} is needed`,
    );
  }
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)));
    http.listen({ host, port }, () => resolve((http.address() as AddressInfo).port));
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): EddyError {
  if (cause.code === "EADDRINUSE") {
    const message = `port ${port} on ${host} is in use; stop what uses it or choose another port (0 takes a free one)`;
    return new EddyError("PORT_IN_USE", message, { cause });
  }
  if (cause.code === "EACCES") {
    const message = `port ${port} on ${host} needs more rights than this process has; choose one above 1023`;
    return new EddyError("INVALID_ARGUMENT", message, { cause });
  }
  return new EddyError("INVALID_ARGUMENT", `cannot listen on host ${host}, port ${port}: ${cause.message}`, {
    cause,
  });
}
