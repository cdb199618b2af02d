import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire between a client and a server that can be cut. */
export interface Cable {
  readonly port: number;
  /** Leads to a port of this machine from now on. */
  lead(port: number): void;
  /** connections that were made through it */
  readonly connections: number;
  /** bytes of the server are thrown away, so that the client hears nothing */
  mute(isMute: boolean): void;
  /** Destroys all connections; nobody says goodbye. */
  cut(): void;
  /** Refuses whoever comes, or lets them through again. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

/** Passes TCP connections on to where it leads. */
export async function openCable(): Promise<Cable> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let connections = 0;
  let target = 0;
  let isMute = false;
  let isRefusing = false;
  const server = createServer((near) => {
    if (isRefusing) {
      near.destroy();
      return;
    }
    connections += 1;
    const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
    near.setNoDelay();
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far);
    far.on("data", (bytes) => {
      if (!isMute) near.write(bytes);
    });
    for (const [one, other] of [pair, [far, near]]) {
      one.on("error", () => {});
      one.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    lead(port) {
      target = port;
    },
    get connections() {
      return connections;
    },
    mute(wanted) {
      isMute = wanted;
    },
    refuse(wanted) {
      isRefusing = wanted;
    },
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
