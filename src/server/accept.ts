import type { Server } from "node:http";
import { WebSocketServer } from "ws";
import { SUBPROTOCOL } from "../wire/protocol.js";
import type { Hub } from "./hub.js";
import { Session } from "./session.js";
import { addressOf, admit, type Gatekeeper, refuseUpgrade } from "./upgrade.js";

const FRAGMENTS_MAX = 64;
const BUFFERED_CHUNKS_MAX = 1024;

/** Makes sessions of the connections that are admitted, and keeps them in `sessions` until they are closed. */
export function acceptSessions(http: Server, hub: Hub, sessions: Set<Session>, gatekeeper: Gatekeeper): void {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: hub.limits.requestBytesMax,
    // A message in very many pieces would cost more memory than its size says.
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: BUFFERED_CHUNKS_MAX,
    autoPong: false,
    handleProtocols: () => SUBPROTOCOL,
  };
  const upgrader = new WebSocketServer(options);
  http.on("upgrade", (request, socket, head) => {
    // A client that resets the connection while it is upgraded has ended it; there is nobody to tell.
    socket.on("error", () => socket.destroy());
    const admission = admit(request, gatekeeper);
    if (admission.refusal !== undefined) {
      refuseUpgrade(socket, admission.refusal);
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      const session = new Session(webSocket, hub, addressOf(request), admission.role);
      sessions.add(session);
      webSocket.once("close", () => sessions.delete(session));
    });
  });
}
