// figure: 8,000 idle connections: memory of each
import { parseArgs } from "node:util";
import { run } from "./parts/load.js";
import { pause, startClients, startServer } from "./parts/processes.js";

const { values } = parseArgs({ options: { clients: { type: "string", default: "8000" } } });
const clients = Number(values.clients);
const server = await startServer({ run: run(1), ticksPerSecond: null, threads: 1 });
const { port, token } = server.started;
// connections that come first pay for what all share
const first = await startClients({ port, token, clients: 100, subscription: null, stalled: 0 });
await pause(2000);
const before = await server.stands();
const all = await startClients({ port, token, clients, subscription: null, stalled: 0 });
await pause(5000);
const after = await server.stands();
const each = (bytes: number) => `${(bytes / clients / 1000).toFixed(1)} kB`;
const { ended } = await all.end();
await first.end();
await server.end();
console.log(
  `${clients} idle connections, made in ${(all.connectedMs / 1000).toFixed(1)} s, ${ended} lost: each ${each(after.heapBytes - before.heapBytes)} of heap, ` +
    `${each(after.rssBytes - before.rssBytes)} of resident memory`,
);
