import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./built.js";
import { runNode } from "./child-process.js";

const folder = join(root, "examples");
const programs = readdirSync(folder).filter((file) => file.endsWith(".js"));

/** What each of them prints, and what of it shows that something was learned. */
const shows: Readonly<Record<string, (stdout: string) => void>> = {
  "closed-loop.js"(stdout) {
    const [, from, to, moves] =
      /^from (-?[\d.]+) to (-?[\d.]+) in (\d+) moves\n$/.exec(stdout)?.map(Number) ?? [];
    expect(moves).toBeGreaterThan(100);
    // nearer to the middle than one push moves the object
    expect(Math.abs(to)).toBeLessThan(0.2);
    expect(Math.abs(to)).toBeLessThan(Math.abs(from));
  },
  "own-stream.js"(stdout) {
    const [, first, last, trials] =
      /^loss ([\d.]+) at first, ([\d.]+) after (\d+) trials\n$/.exec(stdout)?.map(Number) ?? [];
    expect(trials).toBe(60);
    expect(last).toBeLessThan(first / 2);
  },
  "world.js"(stdout) {
    const [, text] = /^steps home: ([\d a-z]+)\n$/.exec(stdout) ?? [];
    const walks = text.split(" ");
    expect(walks).toHaveLength(12);
    // the shortest way, from either side
    expect(walks.slice(-2)).toEqual(["5", "5"]);
  },
};

/** Those that need more lines than others. */
const linesMax: Readonly<Record<string, number>> = { "world.js": 60 };

describe("the examples", () => {
  it("are all known here", () => {
    expect(programs).toEqual(Object.keys(shows).sort());
  });

  it.each(programs)("%s is short, ends by itself and learns", async (file) => {
    expect(readFileSync(join(folder, file), "utf8").trimEnd().split("\n").length).toBeLessThan(
      linesMax[file] ?? 30,
    );
    const { code, stdout, stderr } = await runNode([join(folder, file)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    shows[file](stdout);
  });
});
