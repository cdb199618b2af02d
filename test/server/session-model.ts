import { expect } from "vitest";
import { type DataFrame, float32Values } from "../../src/wire/index.js";
import type { Client } from "./client.js";
import type { Running } from "./running.js";
import { valueAt } from "./scripted-simulation.js";

const UNACKNOWLEDGED_MAX = 4;

/** What a client should have got of a channel. */
export interface Expected {
  readonly key: string;
  /** ticks of the frames that were sent to it, in order, over all its connections */
  readonly sent: { readonly tick: number; readonly dropped: number }[];
  acknowledged: number;
  /** ticks of frames that wait; all but the last will be dropped */
  waiting: number[];
}

/** A topic with options, watched by somebody, or by somebody whose connection broke. */
export interface ModelChannel {
  readonly topic: string;
  readonly every: number;
  latest: number | undefined;
  /** somebody may come back for it */
  broken: boolean;
}

export interface Model {
  tick: number;
  gate: number;
  commands: number;
  /** by topic and every */
  readonly channels: Map<string, ModelChannel>;
  /** by client, by topic and every */
  readonly subscriptions: Map<string, Expected>[];
}

export interface Real {
  readonly run: Running;
  readonly clients: Client[];
  /** by client, by topic and every */
  readonly channels: Map<string, number>[];
  /** frames of connections that broke: by client, by channel */
  readonly before: Map<number, DataFrame[]>[];
}

export const keyOf = (topic: string, every: number): string => `${topic} every ${every}`;
export const isLossless = (key: string): boolean => key.startsWith("metrics");

/** A frame of a channel comes for one of its subscribers. */
export function offer(expected: Expected, tick: number): void {
  expected.waiting.push(tick);
  send(expected);
}

/** What waits is sent, as far as it may be. */
export function send(expected: Expected): void {
  const { key, sent, waiting } = expected;
  if (isLossless(key)) sent.push(...waiting.map((tick) => ({ tick, dropped: 0 })));
  else {
    const last = waiting.at(-1);
    if (last === undefined || sent.length - expected.acknowledged >= UNACKNOWLEDGED_MAX) return;
    sent.push({ tick: last, dropped: waiting.length - 1 });
  }
  expected.waiting = [];
}

/** All frames of a channel that a client got, over all its connections. */
export function framesOf(real: Real, client: number, channel: number): readonly DataFrame[] {
  return [...(real.before[client]!.get(channel) ?? []), ...real.clients[client]!.framesOf(channel)];
}

/** After a ping's reply, everything that was sent before it has come. */
export async function compare(model: Model, real: Real): Promise<void> {
  const { simulation } = real.run;
  expect(simulation.watches.size).toBe(model.channels.size);
  expect(simulation.status()).toMatchObject({ tick: model.tick, gates: { "in->m1": model.gate } });
  expect(simulation.applied).toHaveLength(model.commands);
  for (const [index, subscriptions] of model.subscriptions.entries()) {
    await real.clients[index]!.request({ op: "ping" });
    for (const [key, { sent }] of subscriptions) {
      const frames = framesOf(real, index, real.channels[index]!.get(key)!);
      expect(frames.map(([, , tick, dropped]) => ({ tick, dropped }))).toEqual(sent);
      for (const [before, [, seq, , dropped]] of frames.slice(1).entries()) {
        expect(seq).toBe(frames[before]![1] + 1 + dropped);
      }
      const { topic } = model.channels.get(key)!;
      for (const [, , tick, , payload] of frames) {
        if (isLossless(key)) expect(payload).toMatchObject({ tick });
        else expect(float32Values(payload as Uint8Array)[1]).toBe(valueAt(topic, tick, 1));
      }
    }
  }
}
