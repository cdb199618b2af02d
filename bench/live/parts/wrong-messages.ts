import { encode } from "eddy/wire";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Numbers in [0, 1), the same for the same seed. */
export function uniform(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => (generator.next() >>> 0) / 2 ** 32;
}

type Message = Record<string, unknown>;

/** Requests that are right, or nearly: what is made wrong. */
const templates: readonly Message[] = [
  { op: "sub", id: 1, topic: "state/m1", every: 2, units: { start: 0, end: 4, every: 1 }, row: "mean" },
  { op: "sub", id: 1, topic: "weights/m1->m2", reduce: { kind: "histogram", bins: 8, range: [-1, 1] } },
  { op: "sub", id: 1, topic: "lanes", window: { ticks: 100 }, delivery: "conflated", hzMax: 10 },
  { op: "unsub", id: 2, channel: 1 },
  { op: "ack", id: 3, channel: 1, seq: 7 },
  { op: "ping", id: 4 },
  { op: "cmd", id: 5, key: "k", command: { kind: "gate", pathway: "m1->m2", gate: 0.5 } },
  { op: "cmd", id: 5, command: { kind: "step", ticks: 3 } },
  { op: "cmd", id: 5, command: { kind: "speed", ticksPerSecond: 500 } },
  { op: "cmd", id: 5, command: { kind: "drive", module: "m1", values: new Uint8Array(64), ticks: 2 } },
  { op: "cmd", id: 5, command: { kind: "stimulus", task: "gabor", input: new Uint8Array(4096), trial: 1 } },
  { op: "cmd", id: 5, command: { kind: "outputError", readout: "out", error: new Uint8Array(8) } },
  { op: "cmd", id: 5, command: { kind: "lesion", module: "m1", units: [1, 2] } },
  { op: "cmd", id: 5, command: { kind: "restore", checkpoint: "../../etc/passwd" } },
  { op: "cmd", id: 5, command: { kind: "record", name: "../x", topics: [{ topic: "state/m1" }] } },
  { op: "cmd", id: 5, branch: "none", command: { kind: "alarm", name: "a", when: { measure: "notFinite" } } },
  { op: "cmd", id: 5, command: { kind: "branch", name: "b", changes: [{ kind: "beta", value: 1 }] } },
];

const names = [
  "state/m1",
  "events",
  "m1",
  "m9",
  "__proto__",
  "constructor",
  "",
  "x".repeat(300),
  "\u0000",
  "💥",
];
const numbers = [Number.NaN, Number.POSITIVE_INFINITY, -1, -0, 0.5, 2 ** 32, 2 ** 53, 1e308, -(2 ** 63)];

/** What makes messages that are well-formed, and wrong, or damaged. */
export function wrongMessages(seed: number) {
  const next = uniform(seed);
  const below = (count: number) => Math.floor(next() * count);
  const oneOf = <Value>(values: readonly Value[]): Value => values[below(values.length)]!;

  function anything(depth: number): unknown {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return oneOf(numbers);
      case 1:
        return oneOf(names);
      case 2:
        return below(1000);
      case 3:
        return null;
      case 4:
        return below(2) === 0;
      case 5:
        return new Uint8Array(below(40));
      case 6:
        return Array.from({ length: below(4) }, () => anything(depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: below(4) }, (_, index) => [`key${index}`, anything(depth - 1)]),
        );
    }
  }

  /** Changes one value somewhere, takes one away, or adds one. */
  function changed(value: unknown, depth: number): unknown {
    const isMap =
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
    if (!isMap || depth === 0) return anything(2);
    const entries = Object.entries(value);
    const at = below(entries.length + 1);
    if (at === entries.length) return { ...value, [`more${below(3)}`]: anything(1) };
    const [key, property] = entries[at]!;
    if (below(6) === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
    return { ...value, [key]: changed(property, depth - 1) };
  }

  return {
    next,
    /** a map with a known `op`: it is answered by an error, or even granted */
    wrongRequest(): Uint8Array {
      const template = oneOf(templates);
      return encode({ ...(changed(template, 3) as Message), op: template.op, id: below(1e6) });
    },
    /** bytes that are noise, or were a request once */
    noise(): Uint8Array {
      if (below(2) === 0) return Uint8Array.from({ length: below(200) }, () => below(256));
      const bytes = Uint8Array.from(encode(oneOf(templates)));
      for (let change = 0; change <= below(4); change += 1) bytes[below(bytes.length)] = below(256);
      return below(4) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
    },
  };
}
