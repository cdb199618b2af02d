import { GlobalFonts } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import { fontFamily, textWidth, wrapped } from "../../../src/experiments/figure/fonts.js";

describe("the font of figures", () => {
  it("comes with Eddy, Greek letters too", () => {
    const families = GlobalFonts.families.map(({ family }) => family);
    expect(families).toEqual(expect.arrayContaining(["Arimo", "Arimo Greek"]));
    expect(fontFamily.split(", ").slice(0, 2)).toEqual(["Arimo", "Arimo Greek"]);
  });

  it("is as wide as Arial: m 1706 and n 1139 of 2048 units, 1821 and 1251 in bold", () => {
    expect(textWidth("mnmn", 2048)).toBeCloseTo(2 * (1706 + 1139), -1);
    expect(textWidth("mnmn", 2048, "bold")).toBeCloseTo(2 * (1821 + 1251), -1);
  });

  it("breaks titles between words, so that no line is longer than it may be", () => {
    expect(wrapped("finite-time maximum Lyapunov exponent", 12, 120)).toEqual([
      "finite-time maximum",
      "Lyapunov exponent",
    ]);
    expect(wrapped("epoch", 12, 10)).toEqual(["epoch"]);
  });
});
