import { z } from "zod";
import type { Role } from "../wire/messages.js";
import { closeCodes, PROTOCOL_VERSION } from "../wire/protocol.js";
import { type Hello, helloSchema } from "../wire/requests.js";
import type { Hub } from "./hub.js";

/** Who says hello, or how the connection ends for it. */
export type Greeting =
  | { readonly role: Role; readonly resume: Hello["resume"]; readonly refusal?: undefined }
  | { readonly refusal: { readonly code: number; readonly reason: string } };

/** What every version says; what else a hello holds only its own knows. */
const versionSchema = z.looseObject({ op: helloSchema.shape.op, v: helloSchema.shape.v });

const refused = (code: number, reason: string): Greeting => ({ refusal: { code, reason } });

/**
 * Reads the first message of a connection.
 * @param bearerRole what the token in the upgrade's header gave; then none is needed here
 */
export function readHello(
  message: unknown,
  hub: Hub,
  address: string,
  bearerRole: Role | undefined,
): Greeting {
  const version = versionSchema.safeParse(message);
  if (version.success && version.data.v !== PROTOCOL_VERSION) {
    return refused(closeCodes.version, `version ${version.data.v}; this server speaks ${PROTOCOL_VERSION}`);
  }
  const hello = helloSchema.safeParse(message);
  if (!hello.success) return refused(closeCodes.badRequest, "a valid hello has to come first");
  const { auth, resume } = hello.data;
  const role = bearerRole ?? hub.roleOf(address, auth);
  if (role === undefined) return refused(closeCodes.badToken, "no valid token");
  // said only to whom the token was given
  if (hub.nowMs() > hub.tokensEndAtMs) return refused(closeCodes.expired, "the token's time is over");
  if (hub.hasEnded()) return refused(closeCodes.shutdown, "the simulation has ended");
  return { role, resume };
}
