import fc from "fast-check";
import { expect, it } from "vitest";
import { float32Values } from "../../src/wire/index.js";
import type { Client } from "./client.js";
import { type Running, running } from "./running.js";
import { valueAt } from "./scripted-simulation.js";

const UNACKNOWLEDGED_MAX = 4;
const CLIENTS = 3;

/** What a client should have got of a conflated channel. */
interface Expected {
  readonly every: number;
  readonly topic: string;
  /** ticks of the frames that were sent to it, in order */
  readonly sent: { readonly tick: number; readonly dropped: number }[];
  acknowledged: number;
  /** ticks of frames that wait; all but the last will be dropped */
  waiting: number[];
}

interface Model {
  tick: number;
  gate: number;
  /** by client, by topic and every */
  readonly subscriptions: Map<string, Expected>[];
}

interface Real {
  readonly run: Running;
  readonly clients: Client[];
  /** by client, by topic and every */
  readonly channels: Map<string, number>[];
}

type Step = fc.AsyncCommand<Model, Real>;

function offer(expected: Expected, tick: number): void {
  expected.waiting.push(tick);
  send(expected);
}

function send(expected: Expected): void {
  const last = expected.waiting.at(-1);
  if (last === undefined || expected.sent.length - expected.acknowledged >= UNACKNOWLEDGED_MAX) return;
  expected.sent.push({ tick: last, dropped: expected.waiting.length - 1 });
  expected.waiting = [];
}

/** After a ping's reply, everything that was sent before it has come. */
async function compare(model: Model, real: Real): Promise<void> {
  const watched = new Set(model.subscriptions.flatMap((subscriptions) => [...subscriptions.keys()]));
  expect(real.run.simulation.watches.size).toBe(watched.size);
  expect(real.run.simulation.status()).toMatchObject({ tick: model.tick, gates: { "in->m1": model.gate } });
  for (const [index, subscriptions] of model.subscriptions.entries()) {
    const client = real.clients[index]!;
    await client.request({ op: "ping" });
    for (const [key, expected] of subscriptions) {
      const frames = client.framesOf(real.channels[index]!.get(key)!);
      expect(frames.map(([, , tick, dropped]) => ({ tick, dropped }))).toEqual(expected.sent);
      for (const [, , tick, , payload] of frames) {
        expect(float32Values(payload as Uint8Array)[1]).toBe(valueAt(expected.topic, tick, 1));
      }
    }
  }
}

class Subscribe implements Step {
  constructor(
    readonly client: number,
    readonly topic: string,
    readonly every: number,
  ) {}

  check(model: Readonly<Model>): boolean {
    return !model.subscriptions[this.client]!.has(this.#key);
  }

  async run(model: Model, real: Real): Promise<void> {
    const reply = await real.clients[this.client]!.subscribe(this.topic, { every: this.every });
    real.channels[this.client]!.set(this.#key, reply.channel);
    const { topic, every } = this;
    model.subscriptions[this.client]!.set(this.#key, {
      topic,
      every,
      sent: [],
      acknowledged: 0,
      waiting: [],
    });
    // Whoever else has the same subscription has the same channel.
    for (const channels of real.channels)
      expect([undefined, reply.channel]).toContain(channels.get(this.#key));
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} subscribes to ${this.#key}`;
  }

  get #key(): string {
    return `${this.topic} every ${this.every}`;
  }
}

class Unsubscribe implements Step {
  constructor(readonly client: number) {}

  check(model: Readonly<Model>): boolean {
    return model.subscriptions[this.client]!.size > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const key = [...model.subscriptions[this.client]!.keys()][0]!;
    const channel = real.channels[this.client]!.get(key);
    const client = real.clients[this.client]!;
    expect(await client.request({ op: "unsub", channel })).toMatchObject({ to: "unsub", channel });
    expect(await client.request({ op: "unsub", channel })).toMatchObject({ code: "INVALID_ARGUMENT" });
    forget(model, real, this.client, key);
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} unsubscribes from its oldest`;
  }
}

function forget(model: Model, real: Real, client: number, key: string): void {
  const channel = real.channels[client]!.get(key);
  const { received } = real.clients[client]!;
  const others = received.filter((message) => !Array.isArray(message) || message[0] !== channel);
  received.splice(0, received.length, ...others);
  model.subscriptions[client]!.delete(key);
  real.channels[client]!.delete(key);
}

class Acknowledge implements Step {
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
      const [, seq] = client.framesOf(channel)[upTo - 1]!;
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

class Tick implements Step {
  constructor(readonly ticks: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    for (let made = 0; made < this.ticks; made += 1) {
      model.tick += 1;
      for (const subscriptions of model.subscriptions) {
        for (const expected of subscriptions.values()) {
          if (model.tick % expected.every === 0) offer(expected, model.tick);
        }
      }
    }
    real.run.simulation.tick(this.ticks);
    await compare(model, real);
  }

  toString(): string {
    return `${this.ticks} ticks`;
  }
}

class SetGate implements Step {
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
    } else {
      expect(answer).toMatchObject({ op: "error", code: "INVALID_ARGUMENT" });
    }
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} sets the gate to ${this.gate}`;
  }
}

class Reconnect implements Step {
  constructor(readonly client: number) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await real.clients[this.client]!.close();
    model.subscriptions[this.client]!.clear();
    real.channels[this.client]!.clear();
    real.clients[this.client] = await real.run.client();
    const left = new Set(model.subscriptions.flatMap((subscriptions) => [...subscriptions.keys()])).size;
    await expect.poll(() => real.run.simulation.watches.size).toBe(left);
    await compare(model, real);
  }

  toString(): string {
    return `client ${this.client} loses its connection and comes back`;
  }
}

it("sessions do what their model does", { timeout: 120_000 }, async () => {
  const client = fc.nat(CLIENTS - 1);
  const topic = fc.constantFrom("state/m1", "error/m1", "output/out");
  const steps: fc.Arbitrary<Step>[] = [
    fc.tuple(client, topic, fc.integer({ min: 1, max: 2 })).map((args) => new Subscribe(...args)),
    client.map((index) => new Unsubscribe(index)),
    fc.tuple(client, fc.integer({ min: 1, max: 5 })).map((args) => new Acknowledge(...args)),
    fc.integer({ min: 1, max: 7 }).map((ticks) => new Tick(ticks)),
    fc.tuple(client, fc.constantFrom(0, 0.25, 1, 2, Number.NaN)).map((args) => new SetGate(...args)),
    client.map((index) => new Reconnect(index)),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
      const run = await running({ limits: { requestsPerSecondMax: 1e6, requestsBurstMax: 1e6 } });
      const clients = [await run.client(), await run.client(), await run.client()];
      const real: Real = { run, clients, channels: clients.map(() => new Map()) };
      const model: Model = { tick: 0, gate: 1, subscriptions: clients.map(() => new Map()) };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      expect(run.reported).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
