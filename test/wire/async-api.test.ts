import { createRequire } from "node:module";
import { Ajv, type AnySchema } from "ajv";
import { describe, expect, it } from "vitest";
import { asyncApi } from "../../src/wire/async-api.js";
import { encode, parseServerMessage } from "../../src/wire/index.js";
import { requestSchema } from "../../src/wire/requests.js";

const definition: AnySchema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0.json");
const document = asyncApi("1.2.3") as {
  info: { version: string };
  components: { messages: Record<string, { payload: AnySchema }> };
  channels: { session: { messages: object } };
  operations: Record<string, { messages: { $ref: string }[] }>;
};

/** Validates a message by the payload's schema in the document. */
const validator = (name: string) =>
  new Ajv({ strict: false, validateFormats: false }).compile(document.components.messages[name]!.payload);

describe("the AsyncAPI document", () => {
  it("is one, by the official definition of version 3", () => {
    // the definition brings the meta-schema of JSON Schema itself
    const ajv = new Ajv({
      strict: false,
      validateFormats: false,
      allErrors: true,
      meta: false,
      validateSchema: false,
    });
    const validate = ajv.compile(definition);
    validate(document);
    expect(validate.errors).toBeNull();
    expect(validate({ ...document, operations: { receive: { action: "dance" } } })).toBe(false);
  });

  it("names every message of both directions once, and only those that are there", () => {
    const names = Object.keys(document.components.messages);
    expect(names).toEqual([
      "hello",
      ...requestSchema.options.map((option) => option.shape.op.value),
      "welcome",
      "reply",
      "error",
      "heartbeat",
      "topics",
      "frame",
    ]);
    const used = Object.values(document.operations).flatMap(({ messages }) =>
      messages.map(({ $ref }) => $ref.split("/").at(-1)),
    );
    expect(used.toSorted()).toEqual(names.toSorted());
    expect(Object.keys(document.channels.session.messages)).toEqual(names);
    expect(document.info.version).toBe("1.2.3");
  });

  it.each([
    ["hello", { op: "hello", v: 1, resume: { epoch: "e", channels: [{ channel: 1, seq: -1 }] } }, true],
    ["hello", { op: "hello" }, false],
    ["sub", { op: "sub", id: 1, topic: "state/m1", reduce: { kind: "bytes", range: [-1, 1] } }, true],
    ["sub", { op: "sub", id: 1, topic: "state/m1", reduce: { kind: "bytes", range: [-1] } }, false],
    ["sub", { op: "sub", id: 1, topic: "state/m1", colour: "red" }, false],
    ["cmd", { op: "cmd", id: 1, command: { kind: "reset", what: "state" } }, true],
    ["cmd", { op: "cmd", id: 1, command: { kind: "explode" } }, false],
    ["frame", [1, 2, 3, 0, "bytes"], true],
    ["frame", [1, 2, 3, 0, { kind: "phase" }], true],
    ["frame", [1, 2, 3, 0], false],
    ["topics", { op: "topics", topics: [{ topic: "state/m1", payload: "tensor", units: 4 }] }, true],
  ])("describes messages as they are checked: %s %o", (name, message, isValid) => {
    const validate = validator(name);
    expect([validate(message), isValid ? validate.errors : null]).toEqual([isValid, null]);
  });

  it("knows the message of new topics as clients do", () => {
    const message = { op: "topics", topics: [{ topic: "twin:state/m1", payload: "tensor", units: 4 }] };
    expect(parseServerMessage(encode(message))).toEqual(message);
  });
});
