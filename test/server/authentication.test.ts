import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/server/authentication.js";
import { serve } from "../../src/server/server.js";
import { closeCodes, SUBPROTOCOL } from "../../src/wire/index.js";
import { Client, connect, isWelcome, refusal } from "./client.js";
import { running } from "./running.js";
import { ScriptedSimulation } from "./scripted-simulation.js";

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe("who gets in", () => {
  it("a browser with the token in its first message", async () => {
    const { client, server, simulation, port } = await running();
    const welcome = await (await client({ origin: `http://127.0.0.1:${port}` })).next(isWelcome);
    expect(welcome).toMatchObject({
      role: "controller",
      epoch: "epoch-1",
      tick: 0,
      topics: simulation.topics,
    });
    expect(welcome.info).toEqual(simulation.info);
    expect(welcome.status).toEqual(simulation.status());
    expect(server.url).toBe(`http://127.0.0.1:${port}/#token=${server.token}`);
    expect(Buffer.from(server.token, "base64url")).toHaveLength(32);
  });

  it("a program with the token in its header, and no other token in hello", async () => {
    const { stranger, server } = await running();
    const program = await stranger(bearer(server.token));
    expect(program.socket.protocol).toBe(SUBPROTOCOL);
    program.send({ op: "hello", v: 1 });
    expect((await program.next(isWelcome)).role).toBe("controller");
  });

  it("a viewer, who may look and not touch", async () => {
    const viewerToken = randomToken();
    const { client, simulation } = await running({ viewerToken });
    const viewer = await client({ token: viewerToken });
    expect((await viewer.next(isWelcome)).role).toBe("viewer");
    const answer = await viewer.request({ op: "cmd", command: { kind: "pause" } });
    expect(answer).toMatchObject({ op: "error", code: "FORBIDDEN", retryable: false });
    expect(simulation.applied).toEqual([]);
    const { channel } = await viewer.subscribe("state/m1");
    simulation.tick();
    expect(await viewer.frames(channel, 1)).toHaveLength(1);
  });
});

describe("who does not", () => {
  it.each([
    ["another page", "https://evil.example"],
    ["the same host on another port", "http://127.0.0.1:1"],
    ["a page in a sandbox", "null"],
  ])("%s: 403 before the upgrade", async (_, origin) => {
    const { port, server } = await running();
    expect(await refusal(port, { origin })).toBe(403);
    expect(await refusal(port, { origin, ...bearer(server.token) })).toBe(403);
  });

  it("a page that was named may", async () => {
    const { client } = await running({ origins: ["https://lab.example"] });
    expect(await (await client({ origin: "https://lab.example" })).next(isWelcome)).toBeDefined();
  });

  it("clients of another subprotocol or path", async () => {
    const { port } = await running();
    expect(await refusal(port, { subprotocols: [] })).toBe(400);
    expect(await refusal(port, { subprotocols: ["eddy.v2.msgpack"] })).toBe(400);
    expect(await refusal(port, { path: "/other" })).toBe(404);
  });

  it("a wrong token: 401 in the header, 4500 in hello", async () => {
    const { port, stranger, server } = await running();
    expect(await refusal(port, bearer("wrong"))).toBe(401);
    expect(await refusal(port, { headers: { Authorization: `Basic ${server.token}` } })).toBe(401);
    const guest = await stranger();
    guest.send({ op: "hello", v: 1, auth: `${server.token}x` });
    expect((await guest.closed).code).toBe(closeCodes.badToken);
    const mute = await stranger();
    mute.send({ op: "hello", v: 1 });
    expect((await mute.closed).code).toBe(closeCodes.badToken);
  });

  it("who says nothing in time", async () => {
    const { stranger } = await running({ limits: { authenticationMsMax: 50, sweepMs: 10 } });
    expect((await (await stranger()).closed).code).toBe(closeCodes.late);
  });

  it("who speaks another version, or something else first", async () => {
    const { stranger, server } = await running();
    const future = await stranger();
    future.send({ op: "hello", v: 2, auth: server.token });
    expect((await future.closed).code).toBe(closeCodes.version);
    const eloquent = await stranger();
    eloquent.send({ op: "hello", v: 2, auth: server.token, compression: "zstd" });
    expect((await eloquent.closed).code).toBe(closeCodes.version);
    const rude = await stranger();
    rude.send({ op: "cmd", id: 1, command: { kind: "pause" } });
    expect((await rude.closed).code).toBe(closeCodes.badRequest);
  });

  it("who guesses: after five failures even the right token, in hello or header, until the window has passed", async () => {
    const failuresWindowMs = 1500;
    const { port, stranger, server } = await running({ limits: { failuresWindowMs } });
    const early = await stranger();
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await refusal(port, bearer("guess"))).toBe(401);
    expect(await refusal(port, bearer(server.token))).toBe(429);
    expect(await refusal(port)).toBe(429);
    early.send({ op: "hello", v: 1, auth: server.token });
    expect((await early.closed).code).toBe(closeCodes.badToken);
    await new Promise((resolve) => setTimeout(resolve, failuresWindowMs));
    const patient = new Client((await connect(port, bearer(server.token))).socket);
    patient.send({ op: "hello", v: 1 });
    expect(await patient.next(isWelcome)).toBeDefined();
  });

  it("more than there is room for: 503", async () => {
    const { client, port } = await running({ limits: { connectionsMax: 2 } });
    const first = await client();
    await client();
    expect(await refusal(port)).toBe(503);
    await first.close();
    await expect.poll(async () => (await client()).received.length > 0).toBe(true);
  });
});

describe("what serve refuses to start with", () => {
  const simulation = new ScriptedSimulation();

  it.each([
    ["a token that can be guessed", { token: "secret" }, /^token has 6 characters/],
    ["a viewer's token with a space", { viewerToken: "a b c d e f g h i j k" }, /^viewerToken/],
    ["an origin with a path", { origins: ["https://lab.example/x"] }, /^origins: "https:\/\/lab.example\/x"/],
    ["a port that is none", { port: 70_000 }, /^port 70000/],
    ["a host that is not this machine's", { host: "203.0.113.1" }, /203\.0\.113\.1/],
  ])("%s", async (_, options, message) => {
    await expect(serve({ simulation, ...options })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message,
    });
  });
});
