import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bar, sparkline } from "../../../src/cli/monitor/charts.js";
import { drawMonitor } from "../../../src/cli/monitor/draw.js";
import type { MonitorModel } from "../../../src/cli/monitor/model.js";
import { hasColours } from "../../../src/cli/monitor/screen.js";
import { paceBeside } from "../../../src/cli/monitor/steer.js";
import { columns, painted, widthOf } from "../../../src/cli/monitor/text.js";

// names are the user's: any script, control characters and all
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
const value = fc.oneof(fc.double(), fc.double({ min: 0, max: 1, noNaN: true }));
const values = fc.array(value, { maxLength: 200 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const model: fc.Arbitrary<MonitorModel> = fc.record({
  name,
  backend: name,
  link: name,
  isOpen: fc.boolean(),
  isViewer: fc.boolean(),
  tick: count,
  ticksPerSecond: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
  paused: fc.boolean(),
  pace: fc.option(fc.double({ min: 0.001, max: 1e6, noNaN: true })),
  tasks: fc.array(
    fc.record({
      name,
      accuracies: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 }),
      trials: count,
      trial: fc.integer({ min: -1 }),
      phase: fc.constantFrom("", "waiting", "inference", "learning"),
    }),
    { maxLength: 12 },
  ),
  modules: fc.array(fc.record({ name, states: values, errors: values }), { maxLength: 12 }),
  unit: fc.option(fc.nat({ max: 4000 })),
  gates: fc.array(fc.record({ pathway: name, gate: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    maxLength: 30,
  }),
  chosen: fc.nat({ max: 29 }),
  alarms: fc.dictionary(name, fc.constantFrom("armed", "raised"), { maxKeys: 4 }),
  recording: fc.option(fc.record({ name, bytes: count })),
  checkpoint: fc.option(fc.record({ name, tick: count })),
  degraded: fc.option(name),
  twins: fc.array(name, { maxLength: 4 }),
  watching: fc.record({
    framesPerSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
    bytesPerSecond: fc.double({ min: 0, max: 1e12, noNaN: true }),
    dropped: count,
    share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  }),
  message: fc.option(fc.record({ text: name, isBad: fc.boolean() })),
  asking: fc.option(name),
  isHelp: fc.boolean(),
});

const textsOf = (shown: MonitorModel, width: number, height: number): string[] =>
  drawMonitor(shown, width, height).map((line) => painted(line, false));

describe("what the monitor draws", () => {
  it("is never wider or higher than the terminal, and has nothing that steers it", () => {
    fc.assert(
      fc.property(model, fc.nat({ max: 200 }), fc.nat({ max: 60 }), (shown, width, height) => {
        const lines = drawMonitor(shown, width, height);
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        const text = lines.map((line) => painted(line, false)).join("");
        // one code unit a column: no control characters, none that combine, none that take two columns
        expect(text).not.toMatch(
          /[\p{C}\p{M}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("shows the chosen gate wherever there is room for one", () => {
    fc.assert(
      fc.property(
        model,
        fc.integer({ min: 40, max: 200 }),
        fc.integer({ min: 24, max: 60 }),
        (shown, width, height) => {
          fc.pre(!shown.isHelp && shown.chosen < shown.gates.length);
          expect(textsOf(shown, width, height).join("\n")).toContain("▸");
        },
      ),
    );
  });

  it("fills 80 columns and 24 rows with a run", () => {
    const [first] = fc.sample(model, { numRuns: 1, seed: 1 });
    const lines = textsOf(
      {
        ...first,
        name: "gabor 2AFC",
        isOpen: true,
        paused: false,
        tick: 12_345,
        ticksPerSecond: 203.4,
        pace: null,
        tasks: [{ name: "gabor", accuracies: [0.5, 0.75, 0.875], trials: 3, trial: 1202, phase: "learning" }],
        modules: [{ name: "m1", states: [0.1, 0.123], errors: [0.01] }],
        unit: null,
        gates: [{ pathway: "m1->m2", gate: 0.5 }],
        chosen: 0,
        alarms: { low: "raised", other: "armed" },
        recording: { name: "monday", bytes: 12_345_678 },
        checkpoint: { name: "c1", tick: 9000 },
        twins: ["quiet"],
        isHelp: false,
      },
      80,
      24,
    );
    expect(lines).toHaveLength(24);
    const all = lines.join("\n");
    for (const part of [
      /gabor 2AFC .*running {2}tick 12,345 {2}203 ticks\/s \(max\)/,
      /gabor +87\.5 % +▅▆▇ {2}trial 1,202 {2}learning/,
      /m1 +0\.123 .* 0\.01 +█/,
      /▸m1->m2 +█████····· 0\.50/,
      /raised: low {2}recording: monday, 12\.3 MB {2}checkpoint: tick 9,000 {2}twins: quiet/,
    ]) {
      expect(all).toMatch(part);
    }
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines.at(-1)).not.toContain("…");
  });

  it("has colours only where they are wanted", () => {
    const line = [{ text: "bad", look: "bad" }] as const;
    expect(painted(line, true)).toBe("\x1b[31;1mbad\x1b[0m");
    expect(painted(line, false)).toBe("bad");
    expect(hasColours({ TERM: "xterm" })).toBe(true);
    expect(hasColours({ TERM: "xterm", NO_COLOR: "1" })).toBe(false);
    expect(hasColours({ TERM: "dumb" })).toBe(false);
  });
});

describe("charts", () => {
  it("have the width that is asked for, and levels in the order of the values", () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 100 }), fc.double(), fc.double(), (shown, width, least, most) => {
        expect(sparkline(shown, width, least, most)).toHaveLength(width);
        expect(bar(most, width)).toHaveLength(width);
      }),
    );
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, 0, 7)).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([Number.NaN, -3, 9], 5, 0, 1)).toBe("  ×▁█");
    expect(sparkline([2, 2], 2, 2, 2)).toBe("▁▁");
    expect(bar(0.5, 4)).toBe("██··");
  });

  it("keep letters of one column, and nothing else", () => {
    expect(columns("m1->β é\x1b[2J\n日本👍")).toBe("m1->β é?[2J????");
  });
});

describe("the pace beside a pace", () => {
  it("goes up and down by 1, 2, 5, 10, ..., to as fast as possible and back", () => {
    expect(paceBeside(100, null, 1)).toBe(200);
    expect(paceBeside(100, null, -1)).toBe(50);
    expect(paceBeside(120, null, -1)).toBe(100);
    expect(paceBeside(1, null, -1)).toBe(1);
    expect(paceBeside(100_000, null, 1)).toBe(null);
    expect(paceBeside(null, 730, 1)).toBe(null);
    expect(paceBeside(null, 730, -1)).toBe(500);
  });
});
