import { afterEach } from "vitest";
import { type RunningServer, type ServeOptions, serve } from "../../src/server/server.js";
import { type Client, type ConnectOptions, connect, login } from "./client.js";
import { ScriptedSimulation } from "./scripted-simulation.js";

export interface Running {
  readonly simulation: ScriptedSimulation;
  readonly server: RunningServer;
  readonly port: number;
  /** internal errors that the server reported */
  readonly reported: unknown[];
  /** a welcomed controller, or whom the token makes */
  client(options?: ConnectOptions & { token?: string }): Promise<Client>;
  /** a connection that has said nothing */
  stranger(options?: ConnectOptions): Promise<Client>;
}

const toClose: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** Starts a server on a random port with a scripted simulation; both end with the test. */
export async function running(options: Partial<ServeOptions> = {}): Promise<Running> {
  const simulation = new ScriptedSimulation();
  const reported: unknown[] = [];
  const server = await serve({ simulation, report: (error) => reported.push(error), ...options });
  toClose.push(() => server.close());
  const { port } = server.address;
  const kept = (client: Client): Client => {
    toClose.push(() => client.close());
    return client;
  };
  return {
    simulation,
    server,
    port,
    reported,
    client: async ({ token = server.token, ...rest } = {}) => kept(await login(port, token, rest)),
    stranger: async (connectOptions) => kept(await connect(port, connectOptions)),
  };
}
