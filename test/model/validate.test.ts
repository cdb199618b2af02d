import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EddyError } from "../../src/errors.js";
import { invalid, known, strictObject, validate } from "../../src/model/validate.js";
import { refusal, refused } from "./refused.js";

const schema = strictObject({
  count: z.int().min(1).max(9).optional(),
  rate: z.number("needed a rate").min(0, "needed a rate").optional(),
  list: z.array(z.string()).min(1).max(3).optional(),
  text: z.string().min(2).max(4).optional(),
  flag: z.boolean().optional(),
  named: z.record(z.string().regex(/^[a-z]+$/, "needed small letters"), z.number()).optional(),
  either: z
    .union([
      z.string(),
      strictObject({ size: z.int(), kind: z.literal("box") }),
      strictObject({ radius: z.number().positive() }),
    ])
    .optional(),
  even: z
    .number()
    .refine((value) => value % 2 === 0, "needed an even number")
    .optional(),
});

const messageFor = (value: unknown) => refused(() => validate(schema, value, "thing"));

describe("validate", () => {
  it("gives back what the schema makes of a value", () => {
    expect(validate(z.object({ a: z.number().default(5) }), {}, "thing")).toEqual({ a: 5 });
  });

  it.each([
    [{ count: 0 }, "thing.count: given 0, needed a number >= 1"],
    [{ count: 10 }, "thing.count: given 10, needed a number <= 9"],
    [{ count: 1e300 }, "thing.count: given 1e+300, needed a number <= 9"],
    [{ count: 1.5 }, "thing.count: given 1.5, needed a whole number"],
    [{ count: Number.NaN }, "thing.count: given NaN, needed a finite number"],
    [{ count: true }, "thing.count: given true, needed a number"],
    [{ rate: "all" }, 'thing.rate: given "all", needed a rate'],
    [{ rate: -1 }, "thing.rate: given -1, needed a rate"],
    [{ even: 3 }, "thing.even: given 3, needed an even number"],
    [{ list: [] }, "thing.list: given [], needed a list of at least 1 entries"],
    [
      { list: ["a", "b", "c", "d"] },
      'thing.list: given ["a","b","c","d"], needed a list of at most 3 entries',
    ],
    [{ list: ["a", null] }, "thing.list.1: given null, needed a text"],
    [{ list: {} }, "thing.list: given {}, needed a list"],
    [{ text: "a" }, 'thing.text: given "a", needed a text of at least 2 characters'],
    [{ text: "abcde" }, 'thing.text: given "abcde", needed a text of at most 4 characters'],
    [{ flag: 1 }, "thing.flag: given 1, needed true or false"],
    [{ named: { A: 1 } }, 'thing.named: given "A", needed small letters'],
    [{ named: { a: "1" } }, 'thing.named.a: given "1", needed a number'],
    [{ named: 1 }, "thing.named: given 1, needed an object"],
    [
      { colour: 1, color: 2 },
      `thing: unknown field "colour", "color"; allowed: ${Object.keys(schema.shape).join(", ")}`,
    ],
    [3, "thing: given 3, needed an object"],
    [undefined, "thing: given nothing, needed an object"],
    [() => 1, "thing: given a function, needed an object"],
  ])("says of %j what was given and what is needed", (value, message) => {
    expect(messageFor(value)).toBe(refusal(message));
  });

  it.each([
    [5, "thing.either: given 5, needed a text or an object"],
    [{ size: 1.5, kind: "box" }, "thing.either.size: given 1.5, needed a whole number"],
    [{ size: 1, kind: "cup" }, 'thing.either.kind: given "cup", needed "box"'],
    [{ radius: -1 }, "thing.either.radius: given -1, needed a number > 0"],
    [{ radius: 1, size: 2 }, 'thing.either: unknown field "size"; allowed: radius'],
  ])("speaks of the alternative that a value comes closest to: %j", (value, message) => {
    expect(messageFor({ either: value })).toBe(refusal(message));
  });

  it("keeps to one line, whatever names it has to tell", () => {
    const message = messageFor({ named: { "two\nlines": 1 } });
    expect(message).toBe(refusal('thing.named: given "two\\nlines", needed small letters'));
    const nested = z.record(z.string(), z.number());
    expect(refused(() => validate(nested, { "a\nb": "c\nd" }, "thing"))).toBe(
      refusal('thing."a\\nb": given "c\\nd", needed a number'),
    );
    expect(messageFor({ "x\ny": 1 })).toContain('unknown field "x\\ny"');
  });

  it("shows what JSON would not", () => {
    expect(messageFor({ list: [Number.POSITIVE_INFINITY] })).toContain("thing.list.0: given Infinity");
    expect(messageFor({ flag: [Number.NaN, 5n] })).toContain('given ["NaN","5"]');
  });

  it("refuses __proto__ as a name anywhere, before a schema can lose it", () => {
    const given = JSON.parse('{"named": {"a": 1}, "list": [{"__proto__": {"flag": true}}]}');
    expect(messageFor(given)).toBe(refusal('thing.list.0: given "__proto__", needed another name'));
    const open = z.looseObject({});
    expect(refused(() => validate(open, JSON.parse('{"a": {"b": {"__proto__": 1}}}'), "thing"))).toBe(
      refusal('thing.a.b: given "__proto__", needed another name'),
    );
    expect(validate(open, { a: { constructor: 1 } }, "thing")).toEqual({ a: { constructor: 1 } });
  });

  it("is not led in circles", () => {
    const circle: { inner?: unknown } = {};
    circle.inner = circle;
    expect(validate(z.looseObject({}), circle, "thing")).toHaveProperty("inner");
  });

  it("leaves what a schema itself throws alone", () => {
    const broken = z.unknown().transform(() => {
      throw new RangeError("ours");
    });
    expect(() => validate(broken, 1, "thing")).toThrow(RangeError);
  });
});

describe("invalid", () => {
  it("is an error of a description that shows a short form of what was given", () => {
    const error = invalid("network.x", ["a".repeat(100)], "something else");
    expect(error).toBeInstanceOf(EddyError);
    expect(error.code).toBe("INVALID_DESCRIPTION");
    expect(error.message).toBe(`network.x: given ["${"a".repeat(55)}..., needed something else`);
  });
});

describe("known", () => {
  it("lists names, or says that there is none", () => {
    expect(known(["a", "b c"])).toBe('"a", "b c"');
    expect(known([])).toBe("none");
  });
});
