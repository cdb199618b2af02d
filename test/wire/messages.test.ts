import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandOf } from "../../src/server/received-command.js";
import type {
  Applied,
  Command,
  SimulationInfo,
  SimulationStatus,
  Topic,
  Watch,
} from "../../src/simulation/simulation.js";
import { infoSchema, statusSchema, topicSchema } from "../../src/wire/description.js";
import {
  type CmdReply,
  commandSchema,
  encode,
  parseServerMessage,
  type Sub,
  type WireCommand,
  type WireInfo,
  type WireStatus,
  type WireTopic,
} from "../../src/wire/index.js";
import { requestSchema } from "../../src/wire/requests.js";
import { ScriptedSimulation } from "../server/scripted-simulation.js";

// The wire may not import the simulation, so that its types are its own. That both are the same is checked here, by the
// compiler: each function returns its argument as the other's type.
const conformance = {
  commandFromWire: (command: WireCommand): Command => commandOf(command),
  appliedToWire: ({ tick, result }: Applied): Pick<CmdReply, "tick" | "result"> => ({ tick, result }),
  topicToWire: (topic: Topic): WireTopic => topic,
  topicFromWire: (topic: WireTopic): Topic => topic,
  statusToWire: (status: SimulationStatus): WireStatus => status,
  statusFromWire: (status: WireStatus): SimulationStatus => status,
  infoToWire: (info: SimulationInfo): WireInfo => info,
  infoFromWire: (info: WireInfo): SimulationInfo => info,
  watchFromSub: ({ topic, every, hzMax, units, row, reduce, window }: Sub): Watch => ({
    topic,
    every: every ?? 1,
    hzMax,
    units,
    row,
    reduce,
    window,
  }),
};

const command = fc.oneof(
  fc.constant({ kind: "pause" as const }),
  fc.constant({ kind: "resume" as const }),
  fc.record({ kind: fc.constant("step" as const), ticks: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({
    kind: fc.constant("speed" as const),
    ticksPerSecond: fc.option(fc.integer({ min: 1, max: 1000 })),
  }),
  fc.record({
    kind: fc.constant("gate" as const),
    pathway: fc.string({ minLength: 1 }),
    gate: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("learningRate" as const),
    value: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("spectralRadius" as const),
    module: fc.string({ minLength: 1 }),
    value: fc.double({ min: 0.01, max: 2, noNaN: true }),
  }),
  fc.record({ kind: fc.constant("beta" as const), value: fc.double({ min: -2, max: 2, noNaN: true }) }),
);

describe("the wire's own types", () => {
  it("take every command of a simulation as it is", () => {
    fc.assert(
      fc.property(command, (given) => {
        const parsed = commandSchema.parse(given);
        expect(conformance.commandFromWire(parsed)).toEqual(given);
      }),
    );
  });

  it("take a simulation's topics, information and status as they are", () => {
    const simulation = new ScriptedSimulation();
    for (const topic of simulation.topics)
      expect(topicSchema.parse(conformance.topicToWire(topic))).toEqual(topic);
    expect(infoSchema.parse(conformance.infoToWire(simulation.info))).toEqual(simulation.info);
    expect(statusSchema.parse(conformance.statusToWire(simulation.status()))).toEqual(simulation.status());
  });

  it("make a watch of a subscription", () => {
    const sub: Sub = { op: "sub", id: 1, topic: "state/m1", units: { start: 0, end: 4, every: 2 } };
    expect(conformance.watchFromSub(sub)).toMatchObject({ topic: "state/m1", every: 1 });
  });
});

describe("commands", () => {
  it.each([
    { kind: "gate", pathway: "p", gate: Number.NaN },
    { kind: "gate", pathway: "", gate: 1 },
    { kind: "learningRate", value: Number.POSITIVE_INFINITY },
    { kind: "learningRate", value: null },
    { kind: "learningRate" },
    { kind: "spectralRadius", module: "m1", value: "0.5" },
    { kind: "beta", value: Number.NaN },
    { kind: "step", ticks: 1.5 },
    { kind: "step", ticks: Number.POSITIVE_INFINITY },
    { kind: "speed", ticksPerSecond: Number.NEGATIVE_INFINITY },
    { kind: "speed" },
    { kind: "pause", now: true },
    { kind: "explode" },
  ])("of another shape, or not finite, are refused: %o", (given) => {
    expect(commandSchema.safeParse(given).success).toBe(false);
  });

  it.each<WireCommand>([
    { kind: "gate", pathway: "p", gate: 1.01 },
    { kind: "learningRate", value: 500 },
    { kind: "spectralRadius", module: "m1", value: 0 },
    { kind: "beta", value: -1e300 },
    { kind: "step", ticks: 0 },
    { kind: "speed", ticksPerSecond: 1e9 },
  ])("of any size pass, since the simulation knows the ranges: %o", (given) => {
    expect(commandSchema.parse(given)).toEqual(given);
  });
});

describe("messages", () => {
  it("of a client have no keys but their own", () => {
    expect(requestSchema.safeParse({ op: "ping", id: 1 }).success).toBe(true);
    expect(requestSchema.safeParse({ op: "ping", id: 1, more: 1 }).success).toBe(false);
    expect(requestSchema.safeParse({ op: "ping" }).success).toBe(false);
  });

  it("with bytes where a list is needed are refused, not thrown at", () => {
    const bytes = new Uint8Array(4);
    for (const command of [
      { kind: "lesion", module: "m1", units: bytes },
      { kind: "record", name: "r", topics: bytes },
      { kind: "branch", name: "b", changes: bytes },
    ]) {
      expect(requestSchema.safeParse({ op: "cmd", id: 1, command }).success).toBe(false);
    }
    const reduce = { kind: "bytes", range: bytes };
    expect(requestSchema.safeParse({ op: "sub", id: 1, topic: "state/m1", reduce }).success).toBe(false);
  });

  it("of a server that are none are refused with the field's name", () => {
    expect(() => parseServerMessage(encode({ op: "heartbeat", tick: -1 }))).toThrow(
      /^malformed message: tick/,
    );
    expect(() => parseServerMessage(encode([1, 2, 3, "0", {}]))).toThrow(/^malformed message: 3/);
    expect(() => parseServerMessage(encode("hello"))).toThrow("malformed message");
  });
});
