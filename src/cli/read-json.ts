import { readFileSync } from "node:fs";
import { EddyError } from "../errors.js";

const bytesMax = 50_000_000;

/**
 * Reads a file of bytes.
 * @throws EddyError FILE_NOT_FOUND or FILE_INVALID that names the file
 */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    const missing = code === "ENOENT";
    const other = code === "EISDIR" ? "is a folder, needed a file" : `cannot be read: ${cause}`;
    const reason = missing ? "there is no such file" : other;
    throw new EddyError(missing ? "FILE_NOT_FOUND" : "FILE_INVALID", `${file}: ${reason}`, { cause });
  }
}

/**
 * Reads a JSON file.
 * @throws EddyError FILE_NOT_FOUND or FILE_INVALID that names the file
 */
export function readJson(file: string): unknown {
  const bytes = readBytes(file);
  if (bytes.length > bytesMax) {
    throw new EddyError("FILE_INVALID", `${file}: ${bytes.length} bytes, needed at most ${bytesMax}`);
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new EddyError("FILE_INVALID", `${file}: not JSON: ${reason}`, { cause });
  }
}
