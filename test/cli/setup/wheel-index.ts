import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { cpuWheels } from "../../../src/cli/setup/wheels.js";

/** An index of packages whose wheel begins to come and never ends. */
export interface WheelIndex {
  /** what makes pip use it */
  readonly pip: Readonly<Record<string, string>>;
  /** Resolves when a download hangs; `gone` resolves when whoever downloads is gone. */
  stalled(): Promise<{ readonly gone: Promise<void> }>;
  close(): Promise<void>;
}

/** A real HTTP server on a free port. */
export async function wheelIndex(): Promise<WheelIndex> {
  const [{ sha256, bytes }] = cpuWheels;
  const file = "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl";
  let hangs: (response: ServerResponse) => void = () => {};
  const hanging = new Promise<ServerResponse>((resolve) => {
    hangs = resolve;
  });
  const server = createServer(({ url }, response) => {
    if (url?.endsWith(".whl")) {
      response.writeHead(200, { "content-length": bytes });
      response.write("the beginning");
      hangs(response);
    } else {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<!doctype html><a href="/files/${file}#sha256=${sha256}">${file}</a>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    pip: { PIP_INDEX_URL: `http://127.0.0.1:${port}/simple/` },
    async stalled() {
      const response = await hanging;
      return { gone: new Promise((resolve) => response.once("close", resolve)) };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
