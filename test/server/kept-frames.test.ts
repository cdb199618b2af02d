import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeptFrame, KeptFrames } from "../../src/server/kept-frames.js";

const frame = (seq: number, bytes: number, atMs: number) =>
  new KeptFrame(1, seq, seq, new Uint8Array(bytes), atMs);

describe("kept frames", () => {
  it("are the latest, without a gap, within all three limits", () => {
    const frames = fc.array(fc.record({ bytes: fc.nat(50), afterMs: fc.nat(20) }), { minLength: 1 });
    fc.assert(
      fc.property(
        frames,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(500),
        fc.nat(200),
        (all, framesMax, bytesMax, msMax) => {
          const kept = new KeptFrames({ framesMax, bytesMax: () => bytesMax, msMax });
          let atMs = 0;
          const added: KeptFrame[] = [];
          for (const [seq, { bytes, afterMs }] of all.entries()) {
            atMs += afterMs;
            added.push(frame(seq, bytes, atMs));
            kept.add(added[seq]!);
            const from = kept.oldestSeq!;
            const expected = added.slice(from);
            expect(expected.map((one) => kept.at(one.seq))).toEqual(expected);
            expect([kept.at(from - 1), kept.at(seq + 1), kept.latest]).toEqual([
              undefined,
              undefined,
              added[seq],
            ]);
            const total = expected.reduce((sum, { size }) => sum + size, 0);
            expect(kept.bytes).toBe(total);
            const fits = (rest: readonly KeptFrame[]) =>
              rest.length <= framesMax &&
              rest.reduce((sum, { size }) => sum + size, 0) <= bytesMax &&
              atMs - rest[0]!.atMs <= msMax;
            if (expected.length > 1) expect(fits(expected)).toBe(true);
            if (from > 0) expect(fits(added.slice(from - 1))).toBe(false);
          }
        },
      ),
    );
  });

  it("encode a tensor only when somebody wants it, and once", () => {
    const kept = frame(7, 100, 0);
    expect(kept.size).toBe(100);
    expect(kept.bytes).toBe(kept.bytes);
    expect(kept.bytes.length).toBeGreaterThan(100);
  });
});
