import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/server/authentication.js";
import { asyncApi } from "../../src/wire/async-api.js";
import { running } from "./running.js";

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

/** An address of this machine that is not loopback, if it has one. */
const outerAddress = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  host = "127.0.0.1",
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, headers, method }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"], body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** The value of a metric, by its name with labels. */
function metric(text: string, name: string): number | undefined {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe("/health", () => {
  it("says how the simulation is, to everybody, and 503 when it has ended", async () => {
    const { port, simulation, server } = await running({ version: "1.2.3" });
    const health = async () => {
      const { status, body, type } = await get(port, "/health");
      expect(type).toBe("application/json");
      expect(body).not.toContain(server.token);
      return { code: status, ...JSON.parse(body) };
    };
    const common = { tick: 0, epoch: "epoch-1", version: "1.2.3" };
    expect(await health()).toEqual({ code: 200, status: "paused", ...common });
    await simulation.command({ kind: "resume" });
    expect(await health()).toEqual({ code: 200, status: "ok", ...common });
    simulation.degrade("the GPU was lost");
    expect(await health()).toEqual({ code: 200, status: "degraded", ...common });
    await simulation.close();
    expect(await health()).toEqual({ code: 503, status: "ended", ...common });
  });

  it("is answered without a body to HEAD, and not to POST", async () => {
    const { port } = await running();
    expect(await get(port, "/health", {}, "127.0.0.1", "HEAD")).toMatchObject({ status: 200, body: "" });
    expect((await get(port, "/health", {}, "127.0.0.1", "POST")).status).toBe(405);
  });
});

describe("/metrics", () => {
  it("counts what happens, in the format of Prometheus", async () => {
    const { port, client, simulation } = await running({ limits: { sweepMs: 10 } });
    const [watcher, slow] = [await client(), await client()];
    const { channel } = await watcher.subscribe("state/m1");
    await slow.subscribe("state/m1");
    simulation.tick(6);
    await watcher.frames(channel, 4);
    watcher.send({ op: "ack", channel, seq: 3 });
    await watcher.frames(channel, 5);
    await watcher.request({ op: "cmd", command: { kind: "beta", value: 0.5 } });
    await watcher.request({ op: "cmd", command: { kind: "gate", pathway: "x", gate: 1 } });
    const { status, type, body } = await get(port, "/metrics");
    expect([status, type]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
    const values = Object.fromEntries(
      [
        "eddy_tick",
        "eddy_paused",
        "eddy_sessions_total",
        'eddy_clients{role="controller"}',
        'eddy_clients{role="viewer"}',
        "eddy_channels",
        "eddy_frames_sent_total",
        "eddy_frames_dropped_total",
        "eddy_frames_unsent",
        "eddy_frames_unacknowledged",
        'eddy_commands_total{outcome="applied"}',
        'eddy_commands_total{outcome="INVALID_ARGUMENT"}',
      ].map((name) => [name, metric(body, name)]),
    );
    expect(values).toEqual({
      eddy_tick: 6,
      eddy_paused: 1,
      eddy_sessions_total: 2,
      'eddy_clients{role="controller"}': 2,
      'eddy_clients{role="viewer"}': 0,
      eddy_channels: 1,
      eddy_frames_sent_total: 9,
      eddy_frames_dropped_total: 1,
      eddy_frames_unsent: 2,
      eddy_frames_unacknowledged: 5,
      'eddy_commands_total{outcome="applied"}': 1,
      'eddy_commands_total{outcome="INVALID_ARGUMENT"}': 1,
    });
    expect(metric(body, "eddy_sent_bytes_total")).toBeGreaterThan(9 * 64);
    expect(body).toContain("process_resident_memory_bytes");
    await watcher.close();
    await expect
      .poll(async () => metric((await get(port, "/metrics")).body, 'eddy_sessions_ended_total{code="1006"}'))
      .toBe(1);
    // a scrape adds nothing
    expect(metric((await get(port, "/metrics")).body, "eddy_frames_sent_total")).toBe(9);
  });

  it("is for this machine's programs, or whoever has a token", async () => {
    const viewerToken = randomToken();
    const { port, server } = await running({ viewerToken });
    const status = async (headers: Record<string, string>) => (await get(port, "/metrics", headers)).status;
    expect(await status({})).toBe(200);
    // behind a proxy, by another name, of another page
    expect(await status({ "X-Forwarded-For": "192.0.2.1" })).toBe(401);
    expect(await status({ Host: "evil.example" })).toBe(401);
    expect(await status({ Origin: "https://evil.example" })).toBe(401);
    for (const token of [server.token, viewerToken]) {
      expect(await status({ Host: "lab.example", Authorization: `Bearer ${token}` })).toBe(200);
    }
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await status({ Host: "lab.example", Authorization: "Bearer guess" })).toBe(401);
    }
    const right = { Host: "lab.example", Authorization: `Bearer ${server.token}` };
    expect(await status(right)).toBe(429);
  });

  it.skipIf(outerAddress === undefined)(
    "is refused to who comes from elsewhere without a token",
    async () => {
      const { port, server } = await running({ host: "0.0.0.0" });
      expect((await get(port, "/metrics", {}, outerAddress)).status).toBe(401);
      const bearer = { Authorization: `Bearer ${server.token}` };
      expect((await get(port, "/metrics", bearer, outerAddress)).status).toBe(200);
      expect((await get(port, "/health", {}, outerAddress)).status).toBe(200);
    },
  );
});

describe("/asyncapi.json", () => {
  it("is the document of this version", async () => {
    const { port } = await running({ version: "1.2.3" });
    const { status, body } = await get(port, "/asyncapi.json?pretty");
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(asyncApi("1.2.3"))));
    expect((await get(port, "/asyncapi.json")).body).toBe(body);
  });
});
