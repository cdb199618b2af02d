import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "../../../src/simulation/recording/journal-entry.js";
import { journalEntries, journalLine } from "../../../src/simulation/recording/journal-lines.js";
import { loadCommand, storeCommand } from "../../../src/simulation/recording/stored-command.js";

const tick = fc.nat();
const name = fc.string({ unit: "binary", maxLength: 8 });
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({ kind: fc.constant("begin" as const), tick, epoch: name }),
  fc.record({ kind: fc.constant("end" as const), tick, reason: name }),
  fc.record({
    kind: fc.constant("record" as const),
    tick,
    topic: name,
    value: fc.dictionary(
      name.filter((key) => key !== "__proto__"),
      fc.oneof(fc.integer(), name, fc.boolean(), fc.constant(null)),
    ),
  }),
  fc.record({
    kind: fc.constant("hash" as const),
    tick,
    modules: fc.constant({ m1: { state: ["00112233", 0.25] as const, error: null } }),
    weights: fc.constant({ "m1->m2": ["89abcdef", null] as const }),
  }),
);

async function read(...pieces: readonly string[]) {
  const entries: JournalEntry[] = [];
  const journal = journalEntries(pieces);
  let next = await journal.next();
  for (; !next.done; next = await journal.next()) entries.push(next.value);
  return { entries, cut: next.value };
}

describe("a journal", () => {
  it("is read back as it was written, in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), fc.nat(), async (entries, at) => {
        const text = entries.map(journalLine).join("");
        const half = at % (text.length + 1);
        expect(await read(text.slice(0, half), text.slice(half))).toEqual({ entries, cut: null });
      }),
    );
  });

  it("that is cut off anywhere is read up to its last whole line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), fc.nat(), async (entries, at) => {
        const lines = entries.map(journalLine);
        const bytes = Buffer.from(lines.join(""));
        const kept = at % bytes.length;
        let whole = 0;
        let size = 0;
        while (size + Buffer.byteLength(lines[whole]) <= kept) {
          size += Buffer.byteLength(lines[whole]);
          whole += 1;
        }
        const { entries: found, cut } = await read(bytes.subarray(0, kept).toString("utf8"));
        expect(found).toEqual(entries.slice(0, whole));
        expect(cut?.line ?? null).toBe(size === kept ? null : whole + 1);
      }),
    );
  });

  it("ends where a byte is another", async () => {
    const entries: JournalEntry[] = [1, 2, 3].map((tick) => ({ kind: "end", tick, reason: "stopped" }));
    const lines = entries.map(journalLine);
    const damaged = lines[1].replace("stopped", "stoppee");
    expect(await read(lines[0], damaged, lines[2])).toEqual({
      entries: [entries[0]],
      cut: { line: 2, reason: "does not match its checksum" },
    });
  });

  it("keeps the values of interventions, to the bit", () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true }), (values) => {
        const command = { kind: "drive", module: "m1", block: null, values, ticks: 3 } as const;
        const stored = JSON.parse(JSON.stringify(storeCommand(command)));
        expect(loadCommand(stored)).toEqual(command);
      }),
    );
  });
});
