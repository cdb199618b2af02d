import { EddyError } from "../../errors.js";
import type { Intervention } from "../command.js";
import { float32Schema } from "./journal-entry.js";

/** An intervention as JSON: float32 values as base64 of their little-endian bytes. */
export function storeCommand(command: Intervention): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(command).map(([name, value]) => [
      name,
      value instanceof Float32Array
        ? { float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") }
        : value,
    ]),
  );
}

function values(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0)
    throw new EddyError("FILE_INVALID", `journal: ${bytes.length} bytes of float32 values`);
  // copied: Node's buffers share their memory
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer);
}

/**
 * The intervention that was stored. Applying it checks what it asks for, as that of anybody else.
 * @throws EddyError FILE_INVALID for values that are none
 */
export function loadCommand(command: Readonly<Record<string, unknown>>): Intervention {
  const loaded = Object.entries(command).map(([name, value]) => {
    const stored = float32Schema.safeParse(value);
    return [name, stored.success ? values(stored.data.float32) : value];
  });
  return Object.fromEntries(loaded) as Intervention;
}
