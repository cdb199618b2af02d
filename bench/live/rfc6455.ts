// figure: RFC 6455 by Autobahn's test suite, sections 1 to 7 and 10; needs --suite, a folder with autobahntestsuite
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";

// not public: what the server tells `ws` is what is under test
const options = await import(new URL("../../../dist/server/web-socket-options.js", import.meta.url).href);
const limits = await import(new URL("../../../dist/server/limits.js", import.meta.url).href);

const { values } = parseArgs({
  options: { suite: { type: "string" }, python: { type: "string", default: "python2.7" } },
});
if (values.suite === undefined) {
  console.error("needed: --suite FOLDER, made by pip install --target FOLDER autobahntestsuite==0.8.2");
  process.exit(2);
}

/** Echoes, with the options of the server. */
const upgrader = new WebSocketServer({
  ...options.webSocketOptions(limits.defaultLimits),
  handleProtocols: undefined,
});
const http = createServer();
http.on("upgrade", (request, socket, head) => {
  upgrader.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    webSocket.on("ping", (data) => webSocket.pong(data));
    webSocket.on("error", () => {}); // the suite breaks the rules on purpose
  });
});
http.listen(0, "127.0.0.1");
await once(http, "listening");

const folder = await mkdtemp(join(tmpdir(), "eddy-autobahn-"));
const { port } = http.address() as AddressInfo;
await writeFile(
  join(folder, "spec.json"),
  JSON.stringify({
    outdir: join(folder, "reports"),
    servers: [{ agent: "eddy", url: `ws://127.0.0.1:${port}` }],
    cases: ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"],
    "exclude-cases": [],
    "exclude-agent-cases": {},
  }),
);
const program = "import sys; from autobahntestsuite.wstest import run; sys.exit(run())";
const suite = spawn(
  values.python,
  ["-c", program, "--mode", "fuzzingclient", "--spec", join(folder, "spec.json")],
  { env: { ...process.env, PYTHONPATH: values.suite }, stdio: ["ignore", "ignore", "inherit"] },
);
await once(suite, "exit");
const index = JSON.parse(await readFile(join(folder, "reports", "index.json"), "utf8")) as {
  eddy: Record<string, { behavior: string; behaviorClose: string }>;
};
const results = Object.entries(index.eddy);
const counts = new Map<string, number>();
for (const [, { behavior }] of results) counts.set(behavior, (counts.get(behavior) ?? 0) + 1);
console.log(`${results.length} cases: ${[...counts].map(([name, count]) => `${count} ${name}`).join(", ")}`);
const failed = results.filter(([, result]) => Object.values(result).includes("FAILED"));
for (const [name] of failed) console.log(`failed: ${name}`);
await rm(folder, { recursive: true });
http.close();
http.closeAllConnections();
process.exitCode = results.length > 0 && failed.length === 0 ? 0 : 1;
