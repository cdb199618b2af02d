import type { Server } from "node:http";
import { WebSocketServer } from "ws";
import { count } from "./counts.js";
import type { Hub } from "./hub.js";
import { Session } from "./session.js";
import { addressOf, admit, type Gatekeeper, refuseUpgrade } from "./upgrade.js";
import { webSocketOptions } from "./web-socket-options.js";

/** Makes sessions of the connections that are admitted, and keeps them in `sessions` until they are closed. */
export function acceptSessions(http: Server, hub: Hub, sessions: Set<Session>, gatekeeper: Gatekeeper): void {
  const upgrader = new WebSocketServer(webSocketOptions(hub.limits));
  http.on("upgrade", (request, socket, head) => {
    // A client that resets the connection while it is upgraded has ended it; there is nobody to tell.
    socket.on("error", () => socket.destroy());
    const admission = admit(request, gatekeeper);
    if (admission.refusal !== undefined) {
      count(hub.counts.upgradesRefused, admission.refusal);
      hub.log.warn({ address: addressOf(request), status: admission.refusal }, "connection refused");
      refuseUpgrade(socket, admission.refusal);
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      const session = new Session(webSocket, hub, addressOf(request), admission.role);
      sessions.add(session);
      hub.counts.sessions += 1;
      webSocket.once("close", () => sessions.delete(session));
    });
  });
}
