import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { serve } from "../../src/server/server.js";
import { closeCodes, type ErrorMessage, type ServerMessage } from "../../src/wire/index.js";
import { connect, login } from "./client.js";
import { running } from "./running.js";
import { ScriptedSimulation } from "./scripted-simulation.js";

const isError = (message: ServerMessage): message is ErrorMessage =>
  !Array.isArray(message) && message.op === "error";

describe("the server", () => {
  it("names a port that is in use, and what to do", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    try {
      await expect(serve({ simulation: new ScriptedSimulation(), port })).rejects.toMatchObject({
        code: "PORT_IN_USE",
        message: expect.stringMatching(new RegExp(`^port ${port} .*another port`)),
      });
    } finally {
      blocker.close();
    }
  });

  it("tells all clients that it shuts down, ends its watches, and frees its port", async () => {
    const simulation = new ScriptedSimulation();
    const server = await serve({ simulation });
    const { port } = server.address;
    const [welcomed, stranger] = [await login(port, server.token), await connect(port)];
    await welcomed.subscribe("state/m1");
    await server.close();
    expect((await welcomed.closed).code).toBe(closeCodes.shutdown);
    expect((await stranger.closed).code).toBe(closeCodes.shutdown);
    expect(simulation.watches.size).toBe(0);
    expect(simulation.frames.observed).toBe(false);
    await expect(simulation.command({ kind: "pause" })).resolves.toEqual({ tick: 0 });
    const next = await serve({ simulation, port });
    await next.close();
  });

  it("shuts down although a client does not answer the close", async () => {
    const server = await serve({ simulation: new ScriptedSimulation(), limits: { closingMsMax: 50 } });
    const dead = await login(server.address.port, server.token);
    dead.socket.pause();
    await server.close();
    dead.socket.resume();
    await dead.closed;
  });

  it("tells clients when the simulation ends, and welcomes nobody after", async () => {
    const { client, stranger, simulation, server } = await running();
    const watcher = await client();
    await simulation.close();
    expect(await watcher.next(isError)).toMatchObject({ code: "SIMULATION_ENDED", retryable: false });
    expect((await watcher.closed).code).toBe(closeCodes.shutdown);
    const late = await stranger();
    late.send({ op: "hello", v: 1, auth: server.token });
    expect((await late.closed).code).toBe(closeCodes.shutdown);
  });

  it("ends only the session whose message meets a bug of ours, and reports it", async () => {
    const { client, stranger, simulation, server, reported } = await running({
      limits: { heartbeatMs: 1_000_000 },
    });
    const healthy = await client();
    const bug = new Error("secret detail");
    const throwBug = () => {
      throw bug;
    };
    simulation.status = throwBug;
    const unlucky = await stranger();
    unlucky.send({ op: "hello", v: 1, auth: server.token });
    const { code, reason } = await unlucky.closed;
    expect({ code, reason }).toEqual({ code: 1011, reason: expect.stringMatching(/^internal error/) });
    expect(reported).toEqual([bug]);
    const pause = { op: "cmd", command: { kind: "pause" } };
    expect(await healthy.request(pause)).toMatchObject({ op: "reply", to: "cmd" });
    // a request can be answered, so its session goes on
    simulation.command = throwBug;
    expect(await healthy.request(pause)).toMatchObject({ code: "INTERNAL" });
    expect(reported).toEqual([bug, bug]);
  });

  it.each([
    [
      new EddyError("NOT_FINITE", "state of m1 is not finite at tick 7"),
      "state of m1 is not finite at tick 7",
    ],
    [new Error("internals"), "the simulation has failed; the server's log says more"],
  ])("tells clients why the simulation failed: %s", async (failure, message) => {
    const { client, simulation, reported } = await running();
    const watcher = await client();
    simulation.frames.error(failure);
    expect(await watcher.next(isError)).toMatchObject({ code: "SIMULATION_ENDED", message });
    expect(reported).toEqual([failure]);
    await watcher.closed;
  });
});
