import { describe, expect, it } from "vitest";
import { closeCodes } from "../../src/wire/index.js";
import { running } from "./running.js";

describe("a server that shuts down", () => {
  it("answers the commands that it was given, and sends what it has, before it says 4001", async () => {
    const { client, simulation, server } = await running();
    const [controller, watcher] = [await client(), await client()];
    const { channel } = await watcher.subscribe("metrics/gabor");
    let apply = () => {};
    simulation.command = () =>
      new Promise((resolve) => {
        apply = () => resolve({ tick: 7 });
      });
    const answer = controller.request({ op: "cmd", command: { kind: "checkpoint" } });
    await controller.request({ op: "ping" });
    simulation.tick(500);
    const closed = server.close();
    setTimeout(() => apply(), 50);
    expect(await answer).toMatchObject({ op: "reply", to: "cmd", tick: 7 });
    await closed;
    for (const one of [controller, watcher]) expect((await one.closed).code).toBe(closeCodes.shutdown);
    expect(watcher.framesOf(channel)).toHaveLength(500);
  });

  it("does not wait for ever for an answer", async () => {
    const { client, simulation, server } = await running({ limits: { flushingMsMax: 50 } });
    const controller = await client();
    simulation.command = () => new Promise(() => {});
    controller.send({ op: "cmd", id: 1, command: { kind: "checkpoint" } });
    await server.close();
    expect((await controller.closed).code).toBe(closeCodes.shutdown);
  });
});
