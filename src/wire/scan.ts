import { EddyError } from "../errors.js";
import type { DecodingLimits } from "./protocol.js";

const FORBIDDEN_KEYS = ["__proto__", "constructor", "prototype"].map((key) =>
  [...key].map((c) => c.charCodeAt(0)),
);

/** What the head of a value says: bytes of its body, and values inside it. */
interface Head {
  readonly kind: "scalar" | "string" | "array" | "map";
  /** offset of what follows the head */
  readonly bodyAt: number;
  /** bytes of a scalar's or a string's body */
  readonly bodyBytes: number;
  /** elements of an array, pairs of a map */
  readonly count: number;
}

/**
 * Walks MessagePack bytes without decoding anything.
 * @param bytes one whole message
 * @throws EddyError MALFORMED_MESSAGE when it is over a limit, is truncated, has trailing bytes, an extension type,
 * the unused byte 0xC1, or a map with a key that is no string or that could reach a prototype
 */
export function scan(bytes: Uint8Array, limits: DecodingLimits): void {
  if (bytes.length > limits.bytesMax) refuse(`${bytes.length} bytes; at most ${limits.bytesMax} are allowed`);
  // Values still to come in each open array or map: an explicit stack, so that depth costs no call frames.
  const open: { left: number; isMap: boolean }[] = [];
  let items = 0;
  let at = 0;
  do {
    const parent = open.at(-1);
    const isKey = parent?.isMap === true && parent.left % 2 === 0;
    if (parent) parent.left -= 1;
    items += 1;
    if (items > limits.itemsMax) refuse(`more than ${limits.itemsMax} values`);
    const head = readHead(bytes, at);
    at = head.bodyAt + head.bodyBytes;
    if (at > bytes.length) refuse("truncated");
    if (isKey) checkKey(bytes, head);
    if (head.kind === "array" || head.kind === "map") {
      if (open.length >= limits.depthMax) refuse(`nested deeper than ${limits.depthMax}`);
      open.push({ left: head.kind === "map" ? head.count * 2 : head.count, isMap: head.kind === "map" });
    }
    while (open.at(-1)?.left === 0) open.pop();
  } while (open.length > 0);
  if (at !== bytes.length) refuse(`${bytes.length - at} trailing bytes`);
}

function checkKey(bytes: Uint8Array, head: Head): void {
  if (head.kind !== "string") refuse("a key of a map is not a string");
  for (const key of FORBIDDEN_KEYS) {
    if (key.length === head.bodyBytes && key.every((byte, index) => bytes[head.bodyAt + index] === byte)) {
      refuse(`forbidden key ${String.fromCharCode(...key)}`);
    }
  }
}

function readHead(bytes: Uint8Array, at: number): Head {
  if (at >= bytes.length) refuse("truncated");
  const token = bytes[at]!;
  if (token < 0x80 || token >= 0xe0) return scalar(at + 1, 0);
  if (token < 0x90) return container("map", at + 1, token & 0x0f);
  if (token < 0xa0) return container("array", at + 1, token & 0x0f);
  if (token < 0xc0) return { kind: "string", bodyAt: at + 1, bodyBytes: token & 0x1f, count: 0 };
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return scalar(at + 1, 0);
    case 0xc4: // bin 8, 16, 32
    case 0xc5:
    case 0xc6:
      return scalar(at + 1 + (1 << (token - 0xc4)), readLength(bytes, at + 1, 1 << (token - 0xc4)));
    case 0xca: // float 32
      return scalar(at + 1, 4);
    case 0xcb: // float 64
      return scalar(at + 1, 8);
    case 0xcc: // unsigned 8 to 64
    case 0xcd:
    case 0xce:
    case 0xcf:
      return scalar(at + 1, 1 << (token - 0xcc));
    case 0xd0: // signed 8 to 64
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return scalar(at + 1, 1 << (token - 0xd0));
    case 0xd9: // string 8, 16, 32
    case 0xda:
    case 0xdb: {
      const lengthBytes = 1 << (token - 0xd9);
      const bodyBytes = readLength(bytes, at + 1, lengthBytes);
      return { kind: "string", bodyAt: at + 1 + lengthBytes, bodyBytes, count: 0 };
    }
    case 0xdc: // array 16, 32
    case 0xdd:
      return container("array", at + 1 + 2 * (token - 0xdb), readLength(bytes, at + 1, 2 * (token - 0xdb)));
    case 0xde: // map 16, 32
    case 0xdf:
      return container("map", at + 1 + 2 * (token - 0xdd), readLength(bytes, at + 1, 2 * (token - 0xdd)));
    default:
      return refuse(`byte 0x${token.toString(16)} at ${at}: extension types and 0xc1 are not allowed`);
  }
}

function scalar(bodyAt: number, bodyBytes: number): Head {
  return { kind: "scalar", bodyAt, bodyBytes, count: 0 };
}

function container(kind: "array" | "map", bodyAt: number, count: number): Head {
  return { kind, bodyAt, bodyBytes: 0, count };
}

function readLength(bytes: Uint8Array, at: number, lengthBytes: number): number {
  if (at + lengthBytes > bytes.length) refuse("truncated");
  let length = 0;
  for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + bytes[at + index]!;
  return length;
}

function refuse(reason: string): never {
  throw new EddyError("MALFORMED_MESSAGE", `malformed message: ${reason}`);
}
