import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import type { Intervention } from "../../../src/simulation/command.js";
import type { JournalEntry } from "../../../src/simulation/recording/journal-entry.js";
import { journalLine } from "../../../src/simulation/recording/journal-lines.js";
import { replayRecording } from "../../../src/simulation/recording/replay.js";
import { intervention } from "../../arbitraries/intervention.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { recorder } from "./recorded.js";

const root = temporaryFolder();
let folders = 0;
const newFolder = () => join(root, `${folders++}`);

const entriesOf = (run: string): JournalEntry[] =>
  readFileSync(join(run, "journal.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line.slice(9)));

const writeEntries = (run: string, entries: readonly JournalEntry[]) =>
  writeFileSync(join(run, "journal.jsonl"), entries.map(journalLine).join(""));

/** Records so many ticks, with a change of beta after ten of them. */
async function recorded(ticks: number, hashes: "phases" | "ticks" = "phases"): Promise<string> {
  const folder = newFolder();
  const { simulation, record, step, intervene } = await recorder(folder, { backend: "simd" });
  await record([], hashes);
  await step(10);
  await intervene({ kind: "beta", value: 0.5 });
  await step(ticks - 10);
  await simulation.close();
  return join(folder, "run");
}

describe("a replay", () => {
  it.each(["reference", "simd"])(
    "of a run with any interventions is equal to the bit on %s",
    async (backend) => {
      const steps = fc.array(
        fc.record({ ticks: fc.integer({ min: 1, max: 25 }), command: intervention(16, 4) }),
        {
          maxLength: 6,
        },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 9 }),
          steps,
          fc.constantFrom("phases" as const, "ticks" as const),
          async (before, changes, hashes) => {
            const folder = newFolder();
            const { simulation, record, step, intervene } = await recorder(folder, { backend });
            if (before > 0) await step(before);
            await record([], hashes);
            let applied = 0;
            for (const { ticks, command } of changes) {
              await step(ticks);
              // some are refused, as an output error while one is on its way: nothing has changed then
              await intervene(command).then(
                () => {
                  applied += 1;
                },
                (error) => expect(error).toBeInstanceOf(EddyError),
              );
            }
            await step(10);
            await simulation.close();
            const result = await replayRecording(join(folder, "run"));
            expect(result).toMatchObject({
              exact: true,
              difference: null,
              ended: "ended",
              cut: null,
              interventions: applied,
            });
            expect(result.hashes).toBeGreaterThan(0);
            expect(result.from).toBe(before);
          },
        ),
        { numRuns: 10 },
      );
    },
  );

  it("brings back what a restore brought back, from the recording alone", async () => {
    const folder = newFolder();
    const { simulation, record, step, intervene } = await recorder(folder, {
      checkpoints: { folder: join(folder, "checkpoints") },
    });
    await record([], "ticks");
    await step(15);
    const { result } = await simulation.command({ kind: "checkpoint" });
    await step(20);
    const name = String(result?.name ?? result?.checkpoint);
    await intervene({ kind: "restore", checkpoint: name });
    expect(simulation.status().tick).toBe(15);
    await intervene({ kind: "learningRate", value: 0.05 });
    await step(30);
    await simulation.close();
    const run = newFolder();
    cpSync(join(folder, "run"), run, { recursive: true });
    expect(await replayRecording(run)).toMatchObject({ ticks: 65, interventions: 2, difference: null });
  });

  it("has a restore before the ticks that followed it, though its checkpoint was still being written", async () => {
    const folder = newFolder();
    const { simulation, record, step } = await recorder(folder, {
      checkpoints: { folder: join(folder, "checkpoints") },
    });
    await record([], "ticks");
    await step(15);
    const { result } = await simulation.command({ kind: "checkpoint" });
    await step(20);
    await simulation.command({ kind: "resume" });
    await simulation.command({ kind: "restore", checkpoint: String(result?.name) });
    await simulation.close();
    const run = join(folder, "run");
    expect(entriesOf(run).filter(({ kind }) => kind === "intervention")).toHaveLength(1);
    expect(await replayRecording(run)).toMatchObject({ interventions: 1, difference: null });
  });

  it("finds the first number that is another, and says which module or weights", async () => {
    const run = await recorded(60);
    const entries = entriesOf(run);
    const hashes = entries.filter((entry) => entry.kind === "hash");
    const state = hashes[2];
    writeEntries(
      run,
      entries.map((entry) =>
        entry === state
          ? { ...state, modules: { ...state.modules, m2: { ...state.modules.m2, state: ["00000000", 0] } } }
          : entry,
      ),
    );
    expect((await replayRecording(run)).difference).toMatchObject({
      tick: state.tick,
      what: "state",
      name: "m2",
    });
    const learned = hashes.find(({ weights }) => "m1->m2" in weights)!;
    writeEntries(
      run,
      entries.map((entry) =>
        entry === learned
          ? { ...learned, weights: { ...learned.weights, "m1->m2": ["ffffffff", 1] } }
          : entry,
      ),
    );
    const { difference } = await replayRecording(run);
    expect(difference).toMatchObject({ tick: learned.tick, what: "weights", name: "m1->m2" });
    expect(difference?.recorded?.[0]).toBe("ffffffff");
    expect(difference?.replayed).toEqual(learned.weights["m1->m2"]);
  });

  it("finds an intervention that is another", async () => {
    const run = await recorded(60, "ticks");
    const changed = entriesOf(run).map((entry) =>
      entry.kind === "intervention" ? { ...entry, command: { ...entry.command, value: 0.25 } } : entry,
    );
    writeEntries(run, changed);
    const { difference } = await replayRecording(run);
    expect(difference?.tick).toBeGreaterThan(10);
  });

  it("goes up to the last whole line of a journal that was cut anywhere", async () => {
    const run = await recorded(60);
    const text = readFileSync(join(run, "journal.jsonl"));
    const begin = text.indexOf("\n") + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: begin, max: text.length - 1 }), async (length) => {
        writeFileSync(join(run, "journal.jsonl"), text.subarray(0, length));
        const whole = text.subarray(0, length).toString().split("\n").length - 1;
        const cut = text[length - 1] === 0x0a ? null : { line: whole + 1, reason: "was cut off" };
        expect(await replayRecording(run)).toMatchObject({ difference: null, ended: null, cut });
      }),
      { numRuns: 8 },
    );
  });

  it("on another backend compares with a tolerance", async () => {
    const run = await recorded(60);
    const result = await replayRecording(run, { backend: "reference" });
    expect(result).toMatchObject({ exact: false, difference: null });
    expect(result.hashes).toBeGreaterThan(5);
  });

  it("of a run on a backend that is not exact compares with a tolerance, too", async () => {
    const folder = newFolder();
    const { simulation, record, step } = await recorder(folder, { backend: "wasm" });
    await record([{ topic: "state/m1", every: 3 }], "ticks");
    await step(30);
    await simulation.close();
    expect(await replayRecording(join(folder, "run"))).toMatchObject({
      exact: false,
      hashes: 31,
      difference: null,
    });
  });

  it("begins at the nearest checkpoint before a tick; of many only some stay", async () => {
    const folder = newFolder();
    const { simulation, record, step, intervene } = await recorder(folder, {
      backend: "simd",
      recordings: { folder, freeBytesMin: 0, everyTicks: 20 },
    });
    await record();
    await step(50);
    await intervene({ kind: "beta", value: 2 });
    await step(150);
    await simulation.close();
    const run = join(folder, "run");
    const near = await replayRecording(run, { from: 55 });
    expect(near).toMatchObject({ from: 40, ticks: 160, interventions: 1, difference: null });
    expect(await replayRecording(run, { from: 19 })).toMatchObject({ from: 0, ticks: 200 });
    const kept = readdirSync(join(run, "checkpoints")).filter((file) => file.endsWith(".json"));
    expect(kept.length).toBeLessThan(9);
    expect(kept).toContain("tick-0-40.json");
    const error = await rejectionOf(replayRecording(run, { from: 300 }));
    expect(error.message).toMatch(/^from: given 300, needed a tick from 0 to 200/);
  });

  it("of a folder that is none is refused", async () => {
    expect((await rejectionOf(replayRecording(newFolder()))).code).toBe("FILE_NOT_FOUND");
    const run = await recorded(20);
    writeFileSync(join(run, "journal.jsonl"), "");
    expect((await rejectionOf(replayRecording(run))).message).toMatch(/its journal has no beginning/);
    const command: Intervention = { kind: "beta", value: 1 };
    writeFileSync(join(run, "run.json"), JSON.stringify({ command }));
    expect((await rejectionOf(replayRecording(run))).code).toBe("INVALID_DESCRIPTION");
  });
});
