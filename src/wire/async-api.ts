import { z } from "zod";
import {
  dataFrameSchema,
  errorMessageSchema,
  heartbeatSchema,
  replySchema,
  topicsMessageSchema,
  welcomeSchema,
} from "./messages.js";
import { closeCodes, PROTOCOL_VERSION, requestLimits, SUBPROTOCOL, WIRE_PATH } from "./protocol.js";
import { ackSchema, cmdSchema, helloSchema, pingSchema, subSchema, unsubSchema } from "./requests.js";

const CONTENT_TYPE = "application/msgpack";

interface MessageDescription {
  readonly schema: z.ZodType;
  readonly summary: string;
}

/** What a client sends. */
const requests: Readonly<Record<string, MessageDescription>> = {
  hello: {
    schema: helloSchema,
    summary: "The first message: who the client is, and what it wants to go on with.",
  },
  sub: { schema: subSchema, summary: "Subscribes to a topic." },
  unsub: { schema: unsubSchema, summary: "Ends a subscription." },
  ack: { schema: ackSchema, summary: "Acknowledges the frames of a channel." },
  cmd: { schema: cmdSchema, summary: "Changes the simulation; for controllers." },
  ping: { schema: pingSchema, summary: "Asks for the simulation's tick." },
};

/** What a server sends. */
const answers: Readonly<Record<string, MessageDescription>> = {
  welcome: { schema: welcomeSchema, summary: "Answers a valid hello." },
  reply: {
    schema: replySchema,
    summary: "Answers a request that was granted; each id gets one reply or error.",
  },
  error: { schema: errorMessageSchema, summary: "What went wrong, with a request or with the simulation." },
  heartbeat: { schema: heartbeatSchema, summary: "How the simulation stands, every second." },
  topics: { schema: topicsMessageSchema, summary: "All topics that there are from now on." },
  frame: {
    schema: dataFrameSchema,
    summary:
      "[channel, seq, tick, dropped, payload]: an event of a channel. A tensor's payload is raw bytes.",
  },
};

/** JSON Schema of a message; bytes, which JSON does not have, are binary strings in it. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: made }) => {
      // the wire's only custom type is Uint8Array
      if (zodSchema._zod.def.type !== "custom") return;
      Object.assign(made, { type: "string", format: "binary", description: "MessagePack bin" });
    },
  });
  return rest;
}

const messagesOf = (descriptions: Readonly<Record<string, MessageDescription>>) =>
  Object.fromEntries(
    Object.entries(descriptions).map(([name, { schema, summary }]) => [
      name,
      { name, summary, contentType: CONTENT_TYPE, payload: jsonSchema(schema) },
    ]),
  );

const referencesTo = (prefix: string, descriptions: object) =>
  Object.keys(descriptions).map((name) => ({ $ref: `#/${prefix}/${name}` }));

const description = `A client sends hello, then requests; every id gets one reply or error. Messages are MessagePack maps in binary
WebSocket messages of at most ${requestLimits.bytesMax} bytes, ${requestLimits.depthMax} levels and ${requestLimits.itemsMax} values; data frames are arrays. No
extension types. The token goes into the header (Authorization: Bearer) or into hello, never into the address.`;

/**
 * The AsyncAPI 3 document of the protocol, made of the schemas that check its messages.
 * @param version of the program; null when it is not known
 */
export function asyncApi(version: string | null): Record<string, unknown> {
  const messages = { ...requests, ...answers };
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Eddy: watch and steer a running network",
      version: version ?? `protocol ${PROTOCOL_VERSION}`,
      description,
      license: { name: "MIT" },
    },
    defaultContentType: CONTENT_TYPE,
    servers: {
      eddy: {
        host: "{host}:{port}",
        pathname: WIRE_PATH,
        protocol: "ws",
        variables: { host: { default: "127.0.0.1" }, port: { default: "8080" } },
        security: [{ $ref: "#/components/securitySchemes/bearer" }],
      },
    },
    channels: {
      session: {
        address: WIRE_PATH,
        description: `One client's connection; WebSocket subprotocol ${SUBPROTOCOL}.`,
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
        "x-close-codes": closeCodes,
      },
    },
    operations: {
      receive: {
        action: "receive",
        summary: "What a client sends.",
        channel: { $ref: "#/channels/session" },
        messages: referencesTo("channels/session/messages", requests),
      },
      send: {
        action: "send",
        summary: "What the server sends.",
        channel: { $ref: "#/channels/session" },
        messages: referencesTo("channels/session/messages", answers),
      },
    },
    components: {
      messages: messagesOf(messages),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}
