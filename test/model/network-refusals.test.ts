import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { refusal, refused } from "./refused.js";
import { replaced, small } from "./wrong-networks.js";

describe("what is no description at all", () => {
  it.each([
    [null, "network: given null, needed an object"],
    [undefined, "network: given nothing, needed an object"],
    [[], "network: given [], needed an object"],
    ["chain", 'network: given "chain", needed an object'],
    [5n, "network: given 5, needed an object"],
    [{}, "network.modules: given nothing, needed an object"],
  ])("no description at all: %s", (value, message) => {
    expect(refused(() => resolveNetwork(value))).toBe(refusal(message));
  });

  it("names the first of several wrong fields and says how many more there are", () => {
    const wrong = replaced(replaced(small, ["inputs", "x"], 0), ["forward", 0, "gate"], 2);
    expect(refused(() => resolveNetwork(wrong))).toBe(
      refusal("network.inputs.x: given 0, needed a number >= 1 (and 1 more)"),
    );
  });

  it("cuts long values short, and survives those that JSON cannot hold", () => {
    const long = replaced(small, ["forward", 0, "source"], "y".repeat(5000));
    expect(refused(() => resolveNetwork(long))?.length).toBeLessThan(200);
    const endless: Record<string, unknown> = {};
    endless.itself = endless;
    expect(refused(() => resolveNetwork(replaced(small, ["modules", "m1", "neurons"], endless)))).toBe(
      refusal(
        "network.modules.m1.neurons: given an object that contains itself, or too many others, needed a number",
      ),
    );
    const deep = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
    expect(refused(() => resolveNetwork(replaced(small, ["forward", 0], deep)))).toContain(
      "network.forward.0: given",
    );
  });
});

/** All places inside a JSON value. */
const placesIn = (value: unknown): (string | number)[][] =>
  typeof value !== "object" || value === null
    ? [[]]
    : [
        [],
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesIn(inner).map((path) => [Array.isArray(value) ? Number(key) : key, ...path]),
        ),
      ];

/** Values that descriptions must not trip over. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>("__proto__", "constructor", "m0.b0", "error(out0)", "x0", "m0", -1, 0, 1.5, 1e300),
  fc.constantFrom<unknown>(
    [0, 0],
    [0, 1e9],
    { shares: "x 0" },
    { __proto__: null },
    { distribution: "normal" },
  ),
);

describe("whatever is given, nothing but an EddyError comes of it", () => {
  it("any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(refused(() => resolveNetwork(value))).toMatch(/^INVALID_DESCRIPTION network/);
      }),
      seeded(300),
    );
  });

  it("a description with one part replaced, removed or added", () => {
    let accepted = 0;
    const mutated = networkDescription({ cycles: true, delays: true, gates: true }).chain((description) => {
      const json = JSON.parse(JSON.stringify(description));
      const places = placesIn(json);
      return fc
        .tuple(fc.nat({ max: places.length - 1 }), fc.option(fc.string()), fc.option(odd, { nil: undefined }))
        .map(([place, added, part]) =>
          replaced(json, [...places[place], ...(added === null ? [] : [added])], part),
        );
    });
    fc.assert(
      fc.property(mutated, (value) => {
        if (refused(() => resolveNetwork(value)) === null) accepted++;
      }),
      seeded(1500),
    );
    // the mutations reach past the schema: some descriptions stay valid
    expect(accepted).toBeGreaterThan(20);
  });
});
