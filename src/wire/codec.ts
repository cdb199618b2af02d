import { Packr } from "msgpackr";
import { EddyError, invariant } from "../errors.js";
import { type DecodingLimits, requestLimits } from "./protocol.js";
import { scan } from "./scan.js";

// useRecords: false, because records are no standard MessagePack; 64-bit integers as numbers, because ticks are.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

/**
 * Encodes a message of plain values: null, booleans, numbers, strings, `Uint8Array`, arrays and objects of them.
 * Properties that are undefined are left out.
 * @throws EddyError INVALID_ARGUMENT for any other value
 */
export function encode(message: unknown): Uint8Array {
  return packr.pack(plain(message));
}

/**
 * Decodes one message after {@link scan} has found it harmless.
 * @param limits what it may hold; by default what a server accepts
 * @throws EddyError MALFORMED_MESSAGE
 */
export function decode(bytes: Uint8Array, limits: DecodingLimits = requestLimits): unknown {
  scan(bytes, limits);
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new EddyError("MALFORMED_MESSAGE", "malformed message: not MessagePack", { cause });
  }
}

/** Where a data frame says how many frames were dropped before it; fixed, so that only these bytes differ by client. */
const DROPPED_AT = 25;
const FRAME_HEAD_BYTES = 29;

/**
 * Encodes a data frame, `[channel, seq, tick, dropped, payload]`, with `dropped` 0.
 * @param payload a tensor's values, sent as raw little-endian bytes, or a record
 * @returns bytes of their own: the payload is copied, so that the frame can be shared and kept
 */
export function encodeFrame(
  channel: number,
  seq: number,
  tick: number,
  payload: Float32Array | Uint8Array | Readonly<Record<string, unknown>>,
): Uint8Array {
  const tensor = payload instanceof Float32Array ? float32Bytes(payload) : payload;
  const isTensor = tensor instanceof Uint8Array;
  const body = isTensor ? tensor : encode(payload);
  const bodyHead = isTensor ? binaryHead(body.length) : new Uint8Array(0);
  const frame = new Uint8Array(FRAME_HEAD_BYTES + bodyHead.length + body.length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x95; // array of five
  frame[1] = 0xce; // unsigned 32
  view.setUint32(2, channel);
  frame[6] = 0xcf; // unsigned 64
  view.setBigUint64(7, BigInt(seq));
  frame[15] = 0xcf;
  view.setBigUint64(16, BigInt(tick));
  frame[DROPPED_AT - 1] = 0xce;
  frame.set(bodyHead, FRAME_HEAD_BYTES);
  frame.set(body, FRAME_HEAD_BYTES + bodyHead.length);
  return frame;
}

/** A frame of {@link encodeFrame} for a client that missed `dropped` frames before it; the same bytes when none. */
export function withDropped(frame: Uint8Array, dropped: number): Uint8Array {
  if (dropped === 0) return frame;
  const copy = new Uint8Array(frame);
  new DataView(copy.buffer).setUint32(DROPPED_AT, Math.min(dropped, 0xffffffff));
  return copy;
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The values of a tensor's bytes, copied, because a decoded view may start at an odd offset.
 * @throws EddyError MALFORMED_MESSAGE when the number of bytes is no multiple of four
 */
export function float32Values(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) {
    throw new EddyError(
      "MALFORMED_MESSAGE",
      `float32 tensor of ${bytes.length} bytes; a multiple of 4 is needed`,
    );
  }
  // Not slice(): in Node the bytes may be a Buffer, whose slice is a view.
  return new Float32Array(littleEndian(new Uint8Array(bytes)).buffer);
}

/** Values as raw little-endian bytes, which the wire has for float32; a view of them where the host has the same order. */
export function float32Bytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return hostIsLittleEndian ? bytes : littleEndian(new Uint8Array(bytes));
}

/** Turns 32-bit words between the host's order and little endian, in place. */
function littleEndian(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (hostIsLittleEndian) return bytes;
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes;
}

function binaryHead(length: number): Uint8Array {
  invariant(length < 2 ** 32, `tensor of ${length} bytes`);
  const head = new Uint8Array(5);
  head[0] = 0xc6; // bin 32
  new DataView(head.buffer).setUint32(1, length);
  return head;
}

/** What may be packed; msgpackr sends other typed arrays as garbage and undefined as an extension. */
function plain(value: unknown): unknown {
  if (value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((element) => (element === undefined ? null : plain(element)));
  switch (typeof value) {
    case "boolean":
    case "number":
    case "string":
      return value;
    case "object": {
      const prototype = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) break;
      const defined = Object.entries(value as object).filter(([, property]) => property !== undefined);
      return Object.fromEntries(defined.map(([key, property]) => [key, plain(property)]));
    }
  }
  const given = typeof value === "object" ? value.constructor.name : typeof value;
  throw new EddyError(
    "INVALID_ARGUMENT",
    `cannot encode a value of type ${given}: plain values and Uint8Array only`,
  );
}
