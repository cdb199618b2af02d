import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { lastValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RecordedTopic } from "../../../src/simulation/command.js";
import { readSamples } from "../../../src/simulation/recording/read-arrays.js";
import { readRecordingDescription } from "../../../src/simulation/recording/run-folder.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { until } from "../running.js";
import { recorder } from "./recorded.js";

const root = temporaryFolder();
let folders = 0;
const newFolder = () => join(root, `${folders++}`);

/** Ticks and values of all samples of a topic. */
async function samplesOf(run: string, topic: string) {
  const { arrays } = await readRecordingDescription(run);
  const stored = await readSamples(run, arrays.find((one) => one.topic === topic)!);
  const values: number[] = [];
  for await (const chunk of stored.chunks()) values.push(...chunk.values);
  return { ...stored, ticks: [...stored.ticks], epochs: [...stored.epochs], values };
}

describe("a recording", () => {
  it("has what watchers see, of whatever was asked for", async () => {
    const topic = fc.record({
      topic: fc.constantFrom("state/m1", "drive/m2", "error/m2", "output/out"),
      every: fc.integer({ min: 1, max: 4 }),
      row: fc.constantFrom(0, 1, "mean" as const),
    });
    const topics = fc.uniqueArray(topic, { selector: (one) => one.topic, minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(topics, fc.integer({ min: 1, max: 60 }), async (wanted, ticks) => {
        const folder = newFolder();
        const { simulation, frames, record, step } = await recorder(folder);
        const handles = await Promise.all(wanted.map((one) => simulation.watch(one)));
        await record(wanted);
        await step(ticks);
        await simulation.close();
        for (const [i, { topic }] of wanted.entries()) {
          const seen = frames.filter(({ watch }) => watch === handles[i]);
          const { ticks, values, epochs } = await samplesOf(join(folder, "run"), topic);
          expect(ticks).toEqual(seen.map(({ tick }) => tick));
          expect(values).toEqual(seen.flatMap(({ payload }) => [...(payload as Float32Array)]));
          expect(new Set(epochs)).toEqual(new Set(seen.length > 0 ? [0] : []));
        }
      }),
      { numRuns: 12 },
    );
  });

  it("can be read at any moment: a copy of it, as a kill would leave it, has the first samples", async () => {
    const folder = newFolder();
    const wide = ["state/m2", "drive/m1"].map((topic) => ({ topic, every: 1 }));
    const { simulation, record, step } = await recorder(folder, { backend: "simd" });
    await record(wide);
    const run = join(folder, "run");
    const copies: string[] = [];
    for (let i = 0; i < 12; i++) {
      // what was asked to be written is under way when the copy is made
      await step(200 + 13 * i);
      const copy = newFolder();
      cpSync(run, copy, { recursive: true });
      copies.push(copy);
    }
    await simulation.close();
    const whole = await Promise.all(wide.map(({ topic }) => samplesOf(run, topic)));
    const counts = new Set<number>();
    for (const copy of copies) {
      for (const [i, { topic }] of wide.entries()) {
        const { ticks, values, samples } = await samplesOf(copy, topic);
        expect(ticks).toEqual(whole[i].ticks.slice(0, samples));
        expect(values.every((value, at) => value === whole[i].values[at])).toBe(true);
        counts.add(samples);
      }
    }
    // chunks did come while it ran
    expect(Math.max(...counts)).toBeGreaterThan(1000);
    expect(whole[0].ticks).toEqual(Array.from({ length: simulation.status().tick }, (_unused, i) => i));
  });

  it("begins from a live tick and ends on demand, while the simulation goes on", async () => {
    const folder = newFolder();
    const { simulation, record, step } = await recorder(folder);
    await step(7);
    const watched = await simulation.watch({ topic: "events", every: 1 });
    await record([{ topic: "state/m1", every: 1 }]);
    expect(simulation.status().recording).toMatchObject({ name: "run" });
    await step(5);
    const { tick, result } = await simulation.command({ kind: "stopRecording" });
    expect({ tick, result }).toMatchObject({ tick: 12, result: { recording: "run", tick: 12 } });
    expect(simulation.status().recording).toBeNull();
    await step(5);
    await simulation.command({ kind: "record", name: "other", topics: [], hashes: "phases" });
    await simulation.close();
    expect((await samplesOf(join(folder, "run"), "state/m1")).ticks).toEqual([7, 8, 9, 10, 11]);
    expect(existsSync(join(folder, "other", "run.json"))).toBe(true);
    expect(watched).toBeGreaterThan(0);
  });

  it("counts the epochs that a reset begins", async () => {
    const folder = newFolder();
    const { simulation, record, step, intervene } = await recorder(folder);
    await record([{ topic: "state/m1", every: 1 }]);
    await step(3);
    await intervene({ kind: "reset", what: "state", seed: null });
    await step(2);
    await simulation.close();
    expect((await samplesOf(join(folder, "run"), "state/m1")).epochs).toEqual([0, 0, 0, 1, 1]);
  });

  it("has every intervention on disk before it is acknowledged", async () => {
    const folder = newFolder();
    const { simulation, record, step, intervene } = await recorder(folder);
    await record();
    for (let i = 1; i <= 20; i++) {
      await step(1);
      await intervene({ kind: "beta", value: i / 20 });
      const last = readFileSync(join(folder, "run", "journal.jsonl"), "utf8")
        .trim()
        .split("\n")
        .at(-1)!;
      const entry = { kind: "intervention", tick: i, by: "client", command: { kind: "beta", value: i / 20 } };
      expect(JSON.parse(last.slice(9))).toMatchObject(entry);
    }
    await simulation.close();
  });

  it("keeps records in the journal, whole lines at any time", async () => {
    const folder = newFolder();
    const { simulation, record, step } = await recorder(folder);
    await record(["metrics/gabor", "events"].map((topic) => ({ topic, every: 1 })));
    await step(20);
    await simulation.close();
    const lines = readFileSync(join(folder, "run", "journal.jsonl"), "utf8")
      .trim()
      .split("\n");
    const records = lines.map((line) => JSON.parse(line.slice(9))).filter(({ kind }) => kind === "record");
    expect(records.filter(({ topic }) => topic === "metrics/gabor").map(({ value }) => value.trial)).toEqual([
      0, 1,
    ]);
    expect(records.some(({ value }) => value.kind === "phase" && value.phase === "learning")).toBe(true);
  });

  it("ends with an event when it has grown to its limit; the simulation goes on", async () => {
    const folder = newFolder();
    const { simulation, frames, record, step } = await recorder(folder, {
      recordings: { folder, bytesMax: 400_000, freeBytesMin: 0 },
    });
    const events = await simulation.watch({ topic: "events", every: 1 });
    await record([
      { topic: "state/m1", every: 1 },
      { topic: "drive/m1", every: 1 },
    ]);
    const told = () =>
      frames.find(
        ({ watch, payload }) => watch === events && "kind" in payload && payload.kind === "recordingEnded",
      );
    for (let i = 0; i < 100 && !told(); i++) await step(200);
    await until(() => told() !== undefined);
    expect(told()!.payload).toMatchObject({ name: "run", reason: "bytesMax" });
    const { tick } = simulation.status();
    await step(50);
    expect(simulation.status()).toMatchObject({ tick: tick + 50, recording: null });
    await simulation.close();
    const { ticks } = await samplesOf(join(folder, "run"), "state/m1");
    expect(ticks).toEqual(ticks.map((_unused, i) => i));
  });

  it("does not begin where there is too little room, and leaves nothing", async () => {
    const folder = newFolder();
    const { simulation, record, step } = await recorder(folder, {
      recordings: { folder, freeBytesMin: Number.MAX_SAFE_INTEGER },
    });
    const error = await rejectionOf(record());
    expect(error.code).toBe("NO_SPACE");
    expect(existsSync(join(folder, "run"))).toBe(false);
    await step(2);
    await simulation.close();
  });

  it("does not begin there, and a simulation that runs goes on", async () => {
    const folder = newFolder();
    const { simulation, record } = await recorder(folder, {
      paused: false,
      recordings: { folder, freeBytesMin: Number.MAX_SAFE_INTEGER },
    });
    const first = rejectionOf(record());
    expect((await rejectionOf(record())).message).toMatch(/a recording goes on already/);
    expect((await rejectionOf(record())).message).toMatch(/a recording goes on already/);
    expect((await first).code).toBe("NO_SPACE");
    const { tick } = simulation.status();
    await until(() => simulation.status().tick > tick + 10);
    await simulation.close();
  });

  it("ends the simulation that was opened to be recorded at once and cannot be", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "run"), { recursive: true });
    const atOnce = { name: "run", topics: [], hashes: "phases" } as const;
    const { simulation } = await recorder(folder, { recordings: { folder, freeBytesMin: 0, atOnce } });
    const failed = rejectionOf(lastValueFrom(simulation.frames));
    await simulation.command({ kind: "step", ticks: 1 });
    expect((await failed).code).toBe("FILE_EXISTS");
    expect(simulation.status().tick).toBe(0);
    await simulation.close();
  });

  it("begins with the first tick when it is asked for as the simulation is opened", async () => {
    const folder = newFolder();
    const atOnce = { name: "run", topics: [{ topic: "state/m1", every: 1 }], hashes: "phases" } as const;
    const { simulation, step } = await recorder(folder, { recordings: { folder, freeBytesMin: 0, atOnce } });
    await step(4);
    await simulation.close();
    expect((await samplesOf(join(folder, "run"), "state/m1")).ticks).toEqual([0, 1, 2, 3]);
  });

  it.each<[topics: RecordedTopic[], text: RegExp]>([
    [[{ topic: "state/m3", every: 1 }], /no topic "state\/m3"/],
    [[{ topic: "state/m1", every: 0 }], /every is 0/],
    [[{ topic: "state/m1", every: 1, row: 2 }], /row is 2/],
    [
      [
        { topic: "events", every: 1 },
        { topic: "events", every: 1 },
      ],
      /topics: given "events", needed each topic once/,
    ],
  ])("is refused for what it cannot be: %j", async (topics, text) => {
    const folder = newFolder();
    const { simulation, record } = await recorder(folder);
    const error = await rejectionOf(record(topics));
    expect([error.code, error.message]).toEqual(["INVALID_ARGUMENT", expect.stringMatching(text)]);
    expect(existsSync(join(folder, "run"))).toBe(false);
    await simulation.close();
  });

  it("is refused by names that are paths, or there already, and one at a time", async () => {
    const folder = newFolder();
    const { simulation, record } = await recorder(folder);
    const named = (name: string) =>
      rejectionOf(simulation.command({ kind: "record", name, topics: [], hashes: "phases" }));
    for (const name of ["../run", "a/b", "..", ".", "", "-x", "a b", "x".repeat(101)]) {
      expect((await named(name)).message).toMatch(/^name: given/);
    }
    expect((await rejectionOf(simulation.command({ kind: "stopRecording" }))).code).toBe("INVALID_ARGUMENT");
    await record();
    expect((await named("second")).message).toMatch(/a recording goes on already, "run"/);
    await simulation.command({ kind: "stopRecording" });
    expect((await named("run")).code).toBe("FILE_EXISTS");
    await simulation.close();
  });
});
