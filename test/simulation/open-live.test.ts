import { readdirSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import type { Frame } from "../../src/simulation/simulation.js";
import { eddy } from "../built.js";
import { temporaryFolder } from "../temporary-folder.js";
import { scene, until } from "./running.js";

const { TMPDIR } = process.env;
afterEach(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
});

it("a twin in a thread of its own runs beside the original, and leaves nothing behind", async () => {
  const folder = temporaryFolder();
  process.env.TMPDIR = folder;
  const simulation = await eddy.openLive(scene, { paused: true, ticksPerSecond: 500 });
  const frames: Frame[] = [];
  let completed = false;
  simulation.frames.subscribe({
    next: (frame) => frames.push(frame),
    complete: () => {
      completed = true;
    },
  });
  const changes = [{ kind: "spectralRadius", module: "m1", value: 1.5 }] as const;
  await simulation.command({ kind: "branch", name: "wide", checkpoint: null, changes });
  const topics = ["state/m1", "wide:state/m1", "difference:wide/state/m1"];
  const handles = await Promise.all(topics.map((topic) => simulation.watch({ topic, every: 1 })));
  await simulation.command({ kind: "resume" });
  const of = (i: number) => frames.filter(({ watch }) => watch === handles[i]);
  await until(() => of(2).length > 30);
  const at = (i: number, tick: number) => of(i).find((frame) => frame.tick === tick)?.payload as Float32Array;
  for (const { tick, payload } of of(2)) {
    const twin = at(1, tick);
    expect(payload).toEqual(at(0, tick).map((value, j) => value - twin[j]));
  }
  const { branches, tick, paused } = simulation.status();
  expect(paused).toBe(false);
  expect(branches.wide.tick).toBeLessThanOrEqual(tick);
  await simulation.close();
  expect(completed).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});
