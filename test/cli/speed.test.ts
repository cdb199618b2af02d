import { describe, expect, it } from "vitest";
import { runEddy } from "../child-process.js";

const headless = ["run", "--headless", "--backend", "reference", "--ticks", "30", "--json"];

describe("eddy run --speed", () => {
  it.each(["max", "100x", "5000"])("takes %s, which changes nothing but the pace", async (speed) => {
    const [{ code, stdout }, asFastAsPossible] = await Promise.all([
      runEddy([...headless, "--speed", speed]),
      runEddy(headless),
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe(asFastAsPossible.stdout);
  });

  it.each(["0", "-1", "fast", "x", "1e999"])("refuses %s and says what it needs", async (speed) => {
    const { code, stderr } = await runEddy([...headless, `--speed=${speed}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*--speed.*500.*2x.*max.*\n$/);
  });
});
