import { describe, expect, it } from "vitest";
import { closeCodes, float32Values, type Welcome } from "../../src/wire/index.js";
import { type Client, isWelcome, until } from "./client.js";
import { type Running, running } from "./running.js";
import { valueAt } from "./scripted-simulation.js";

type Resume = { epoch: string; channels: { channel: number; seq: number }[] };

async function comeBack(
  { stranger, server }: Running,
  resume: Resume,
): Promise<{ client: Client; welcome: Welcome }> {
  const client = await stranger();
  client.send({ op: "hello", v: 1, auth: server.token, resume });
  return { client, welcome: await client.next(isWelcome) };
}

const resumeOf = (channel: number, seq: number): Resume => ({
  epoch: "epoch-1",
  channels: [{ channel, seq }],
});

describe("a client that comes back", () => {
  it("gets every lossless frame that it missed, then goes on", async () => {
    const run = await running();
    const first = await run.client();
    const { channel } = await first.subscribe("metrics/gabor");
    run.simulation.tick(3);
    await first.frames(channel, 3);
    await first.close();
    run.simulation.tick(200);
    const { client, welcome } = await comeBack(run, resumeOf(channel, 2));
    expect(welcome.resumed).toEqual([{ channel, recovered: true }]);
    run.simulation.tick();
    const frames = await client.frames(channel, 201);
    expect(frames.map(([, seq, tick, dropped]) => [seq, tick, dropped])).toEqual(
      Array.from({ length: 201 }, (_, index) => [index + 3, index + 4, 0]),
    );
    expect(run.simulation.watchesBegun).toBe(1);
  });

  it("gets the latest conflated frame, and how many it missed", async () => {
    const run = await running();
    const first = await run.client();
    const { channel } = await first.subscribe("state/m1");
    run.simulation.tick(2);
    await first.frames(channel, 2);
    await first.close();
    run.simulation.tick(50);
    const { client, welcome } = await comeBack(run, resumeOf(channel, 1));
    expect(welcome.resumed).toEqual([{ channel, recovered: true }]);
    const [, seq, tick, dropped, payload] = (await client.frames(channel, 1))[0]!;
    expect([seq, tick, dropped]).toEqual([51, 52, 49]);
    expect(float32Values(payload as Uint8Array)[2]).toBe(valueAt("state/m1", 52, 2));
  });

  it("has missed nothing where nothing happened, and goes on with the next frame", async () => {
    const run = await running();
    const first = await run.client();
    const { channel } = await first.subscribe("state/m1");
    await first.close();
    const { client, welcome } = await comeBack(run, resumeOf(channel, -1));
    expect(welcome.resumed).toEqual([{ channel, recovered: true }]);
    run.simulation.tick();
    expect((await client.frames(channel, 1))[0]!.slice(1, 4)).toEqual([0, 1, 0]);
  });

  it("has to subscribe anew where more was missed than is kept, or the channel is of another life", async () => {
    const run = await running({ limits: { losslessFramesMax: 10 } });
    const first = await run.client();
    const { channel } = await first.subscribe("metrics/gabor");
    await first.close();
    run.simulation.tick(11);
    const recovered = async (resume: Resume) =>
      (await comeBack(run, resume)).welcome.resumed?.map((entry) => entry.recovered);
    expect(await recovered(resumeOf(channel, -1))).toEqual([false]);
    expect(await recovered(resumeOf(channel, 0))).toEqual([true]);
    // a frame that never was, a channel that never was, another epoch
    expect(await recovered(resumeOf(channel, 11))).toEqual([false]);
    expect(await recovered(resumeOf(channel + 1, 0))).toEqual([false]);
    expect(await recovered({ ...resumeOf(channel, 10), epoch: "epoch-0" })).toEqual([false]);
  });

  it("has to subscribe anew after a new epoch has begun, though nobody had noticed it yet", async () => {
    const run = await running({ limits: { heartbeatMs: 1_000_000 } });
    const [first, other] = [await run.client(), await run.client()];
    const { channel } = await first.subscribe("state/m1");
    run.simulation.tick();
    await first.close();
    run.simulation.beginEpoch("epoch-2");
    const { client, welcome } = await comeBack(run, resumeOf(channel, 0));
    expect(welcome).toMatchObject({ epoch: "epoch-2", resumed: [{ channel, recovered: false }] });
    expect((await other.closed).code).toBe(closeCodes.resync);
    const anew = await client.subscribe("state/m1");
    expect(anew.channel).not.toBe(channel);
    expect(anew.seq).toBe(0);
  });

  it("goes on with no more channels than it may have", async () => {
    const run = await running({ limits: { subscriptionsMax: 2 } });
    const [first, second] = [await run.client(), await run.client()];
    const channels = [
      (await first.subscribe("state/m1")).channel,
      (await first.subscribe("error/m1")).channel,
      (await second.subscribe("events")).channel,
    ];
    const { welcome } = await comeBack(run, {
      epoch: "epoch-1",
      channels: [...channels, channels[0]!].map((channel) => ({ channel, seq: -1 })),
    });
    expect(welcome.resumed?.map(({ recovered }) => recovered)).toEqual([true, true, false, false]);
  });
});

describe("a channel that all its clients have left", () => {
  it("waits for them for a while, and no longer", async () => {
    const run = await running({ limits: { keptMs: 100, sweepMs: 10 } });
    const first = await run.client();
    const { channel } = await first.subscribe("state/m1");
    await first.close();
    const returned = await comeBack(run, resumeOf(channel, -1));
    expect(returned.welcome.resumed).toEqual([{ channel, recovered: true }]);
    await returned.client.close();
    await until(() => run.simulation.watches.size === 0);
    const { welcome } = await comeBack(run, resumeOf(channel, -1));
    expect(welcome.resumed).toEqual([{ channel, recovered: false }]);
  });

  it("makes room for one that somebody wants", async () => {
    const run = await running({ limits: { channelsMax: 1 } });
    const first = await run.client();
    await first.subscribe("state/m1");
    const second = await run.client();
    expect(await second.request({ op: "sub", topic: "events" })).toMatchObject({ code: "LIMIT_EXCEEDED" });
    await first.close();
    await expect
      .poll(async () => (await second.request({ op: "sub", topic: "events" })).op, { interval: 10 })
      .toBe("reply");
  });
});
