import type fc from "fast-check";
import { expect } from "vitest";
import type { Welcome } from "../../src/wire/index.js";
import { connect, isWelcome } from "./client.js";
import { compare, framesOf, isLossless, keyOf, type Model, offer, type Real, send } from "./session-model.js";

export type Step = fc.AsyncCommand<Model, Real>;

export class Subscribe implements Step {
  constructor(
    readonly client: number,
    readonly topic: string,
    readonly every: number,
  ) {}

  check(model: Readonly<Model>): boolean {
    const isPossible = !isLossless(this.#key) || this.every === 1;
    return isPossible && !model.subscriptions[this.client]!.has(this.#key);
  }

  async run(model: Model, real: Real): Promise<void> {
    const key = this.#key;
    const { topic, every } = this;
    const reply = await real.clients[this.client]!.subscribe(topic, { every });
    real.channels[this.client]!.set(key, reply.channel);
    const channel = model.channels.get(key) ?? { topic, every, latest: undefined, broken: false };
    model.channels.set(key, channel);
    const expected = { key, sent: [], acknowledged: 0, waiting: [] };
    model.subscriptions[this.client]!.set(key, expected);
    if (!isLossless(key) && channel.latest !== undefined) offer(expected, channel.latest);
    // Whoever else has the same subscription has the same channel.
    for (const channels of real.channels) expect([undefined, reply.channel]).toContain(channels.get(key));
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} subscribes to ${this.#key}`;
  }

  get #key(): string {
    return keyOf(this.topic, this.every);
  }
}

export class Unsubscribe implements Step {
  constructor(readonly client: number) {}

  check(model: Readonly<Model>): boolean {
    return model.subscriptions[this.client]!.size > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const key = [...model.subscriptions[this.client]!.keys()][0]!;
    const channel = real.channels[this.client]!.get(key)!;
    const client = real.clients[this.client]!;
    expect(await client.request({ op: "unsub", channel })).toMatchObject({ to: "unsub", channel });
    expect(await client.request({ op: "unsub", channel })).toMatchObject({ code: "INVALID_ARGUMENT" });
    const others = client.received.filter((message) => !Array.isArray(message) || message[0] !== channel);
    client.received.splice(0, client.received.length, ...others);
    real.before[this.client]!.delete(channel);
    real.channels[this.client]!.delete(key);
    model.subscriptions[this.client]!.delete(key);
    const isWatched = model.subscriptions.some((subscriptions) => subscriptions.has(key));
    if (!isWatched && !model.channels.get(key)!.broken) model.channels.delete(key);
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} unsubscribes from its oldest`;
  }
}

export class Acknowledge implements Step {
  constructor(
    readonly client: number,
    readonly frames: number,
  ) {}

  check(model: Readonly<Model>): boolean {
    return [...model.subscriptions[this.client]!.values()].some((expected) => expected.sent.length > 0);
  }

  async run(model: Model, real: Real): Promise<void> {
    const client = real.clients[this.client]!;
    for (const [key, expected] of model.subscriptions[this.client]!) {
      const upTo = Math.min(expected.acknowledged + this.frames, expected.sent.length);
      if (upTo === 0) continue;
      const channel = real.channels[this.client]!.get(key)!;
      const [, seq] = framesOf(real, this.client, channel)[upTo - 1]!;
      await client.request({ op: "ack", channel, seq });
      expected.acknowledged = upTo;
      send(expected);
    }
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} acknowledges ${this.frames} frames a channel`;
  }
}

/** @param away a client who is not there, so that what comes for it waits */
function makeTicks(model: Model, ticks: number, away?: number): void {
  for (let made = 0; made < ticks; made += 1) {
    model.tick += 1;
    for (const [key, channel] of model.channels) {
      if (model.tick % channel.every !== 0) continue;
      channel.latest = model.tick;
      for (const [client, subscriptions] of model.subscriptions.entries()) {
        const expected = subscriptions.get(key);
        if (client === away) expected?.waiting.push(model.tick);
        else if (expected) offer(expected, model.tick);
      }
    }
  }
}

export class Tick implements Step {
  constructor(readonly ticks: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    makeTicks(model, this.ticks);
    real.run.simulation.tick(this.ticks);
    await compare(model, real);
  }

  toString(): string {
    return `${this.ticks} ticks`;
  }
}

export class SetGate implements Step {
  constructor(
    readonly client: number,
    readonly gate: number,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const command = { kind: "gate", pathway: "in->m1", gate: this.gate };
    const answer = await real.clients[this.client]!.request({ op: "cmd", command });
    if (this.gate >= 0 && this.gate <= 1) {
      expect(answer).toMatchObject({ to: "cmd", tick: model.tick });
      model.gate = this.gate;
      model.commands += 1;
    } else {
      expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT" });
    }
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} sets the gate to ${this.gate}`;
  }
}

/** Cuts a client's connection and comes back, some ticks later; what it got before is kept. */
async function cutAndReturn(real: Real, index: number, resumes: boolean, ticks = 0): Promise<Welcome> {
  const old = real.clients[index]!;
  const { epoch } = await old.next(isWelcome);
  old.socket.terminate();
  await old.closed;
  const before = real.before[index]!;
  const channels = [...real.channels[index]!.values()].map((channel) => {
    before.set(channel, [...framesOf(real, index, channel)]);
    return { channel, seq: before.get(channel)!.at(-1)?.[1] ?? -1 };
  });
  real.run.simulation.tick(ticks);
  const client = await connect(real.run.port);
  real.clients[index] = client;
  const resume = resumes ? { epoch, channels } : undefined;
  client.send({ op: "hello", v: 1, auth: real.run.server.token, ...(resume && { resume }) });
  return client.next(isWelcome);
}

export class CutAndResume implements Step {
  constructor(
    readonly client: number,
    readonly ticks: number,
  ) {}

  check(model: Readonly<Model>): boolean {
    // a lossless channel that brought nothing yet has no `seq` to go on from but its reply's
    return [...model.subscriptions[this.client]!.values()].every(({ sent }) => sent.length > 0);
  }

  async run(model: Model, real: Real): Promise<void> {
    const { resumed } = await cutAndReturn(real, this.client, true, this.ticks);
    makeTicks(model, this.ticks, this.client);
    const channels = [...real.channels[this.client]!.values()];
    expect(resumed).toEqual(channels.map((channel) => ({ channel, recovered: true })));
    for (const expected of model.subscriptions[this.client]!.values()) {
      model.channels.get(expected.key)!.broken = true;
      expected.acknowledged = expected.sent.length;
      send(expected);
    }
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} is cut off and resumes ${this.ticks} ticks later`;
  }
}

/** Nobody knows whether the command arrived before the cut; with its key it is applied once. */
export class CutInCommand implements Step {
  constructor(
    readonly client: number,
    readonly gate: number,
  ) {}

  check(model: Readonly<Model>): boolean {
    return model.subscriptions[this.client]!.size === 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const command = { kind: "gate", pathway: "in->m1", gate: this.gate };
    const request = { op: "cmd", key: `key ${model.commands}`, command };
    real.clients[this.client]!.send({ ...request, id: 1_000_000 });
    await cutAndReturn(real, this.client, true);
    const answer = await real.clients[this.client]!.request(request);
    expect(answer).toMatchObject({ to: "cmd", tick: model.tick });
    model.gate = this.gate;
    model.commands += 1;
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} is cut off while it sets the gate to ${this.gate}`;
  }
}

export class ComeBackAnew implements Step {
  constructor(readonly client: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    expect(await cutAndReturn(real, this.client, false)).not.toHaveProperty("resumed");
    for (const key of model.subscriptions[this.client]!.keys()) model.channels.get(key)!.broken = true;
    model.subscriptions[this.client]!.clear();
    real.channels[this.client]!.clear();
    real.before[this.client]!.clear();
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} loses its connection and begins anew`;
  }
}
