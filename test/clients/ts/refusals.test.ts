import { once } from "node:events";
import { createServer } from "node:net";
import { type ClientError, connect, parseAddress } from "eddy/client";
import { describe, expect, it } from "vitest";
import { closeLater, eventually, running } from "./running.js";

const VIEWER_TOKEN = "only-looks-and-never-touches";

describe("a client is told why", () => {
  it("an address is none", async () => {
    for (const address of ["", "nowhere", "ftp://127.0.0.1/", "127.0.0.1:80"]) {
      await expect(connect(address)).rejects.toMatchObject({ name: "ClientError", code: "INVALID_ARGUMENT" });
    }
    const error: ClientError = await connect("ftp://host/#token=secret").catch((reason) => reason);
    expect(error.message).not.toContain("secret");
  });

  it("nobody is there, or whoever is there says nothing", async () => {
    const mute = createServer((socket) => socket.on("error", () => {}).resume());
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    closeLater(() => new Promise((resolve) => mute.close(resolve)));
    const { port } = mute.address() as { port: number };
    const soon = { firstMsMax: 300, retryMs: () => 50, token: "any" };
    await expect(connect(`ws://127.0.0.1:${port}/ws`, soon)).rejects.toMatchObject({ code: "UNREACHABLE" });
    await expect(connect("ws://127.0.0.1:1/ws", soon)).rejects.toMatchObject({
      code: "UNREACHABLE",
      retryable: true,
    });
  });

  it("its token is none, and does not try again", async () => {
    const { cable } = await running({ paused: true });
    const links: string[] = [];
    const options = {
      token: "wrong",
      retryMs: () => 5,
      onLink: ({ kind }: { kind: string }) => links.push(kind),
    };
    const address = `http://127.0.0.1:${cable.port}/`;
    await expect(connect(address, options)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      retryable: false,
    });
    expect(links).toEqual(["connecting", "ended"]);
    expect(cable.connections).toBe(1);
  });

  it("a viewer may not steer", async () => {
    const { client, server, cable } = await running({ paused: true }, { viewerToken: VIEWER_TOKEN });
    const run = await client({ token: VIEWER_TOKEN }, `ws://127.0.0.1:${cable.port}/ws`);
    expect(run.role).toBe("viewer");
    await expect(run.resume()).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(server.token).not.toBe(VIEWER_TOKEN);
  });

  it("a topic is none, while others go on", async () => {
    const { client } = await running({ paused: true });
    const run = await client();
    const ticks: number[] = [];
    run.watch("state/m1").subscribe(({ tick }) => ticks.push(tick));
    const refused = new Promise((resolve) => {
      run.twin("other").watch("state/m1").subscribe({ error: resolve });
    });
    expect(await refused).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("other:state/m1"),
    });
    await run.step(1);
    await eventually(() => ticks).toEqual([0]);
  });

  it("it was aborted", async () => {
    const { address } = await running({ paused: true });
    await expect(connect(address, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CLOSED" });
    const abort = new AbortController();
    const run = await connect(address, { signal: abort.signal });
    abort.abort();
    expect(run.link.value).toMatchObject({ kind: "ended", code: 1000 });
  });
});

describe("an address", () => {
  it.each([
    ["http://127.0.0.1:4000/#token=abc", "ws://127.0.0.1:4000/ws", "abc"],
    ["https://example.org/eddy/index.html?x=1#token=a%2Bb", "wss://example.org/eddy/ws", "a+b"],
    ["ws://127.0.0.1:4000/ws", "ws://127.0.0.1:4000/ws", ""],
    ["ws://[::1]:4000", "ws://[::1]:4000/ws", ""],
    ["wss://example.org/under/some/path", "wss://example.org/under/some/path", ""],
  ])("%s leads to %s", (address, socketUrl, token) => {
    expect(parseAddress(address)).toEqual({ socketUrl, token });
    expect(parseAddress(address, "given")).toEqual({ socketUrl, token: "given" });
  });
});
