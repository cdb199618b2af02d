import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * What a recurrent matrix takes on a backend that shares its process's memory, by the growth of a process of its own: in
 * this one the matrix would find room that others have left.
 * @returns bytes a non-zero weight
 */
export async function matrixBytes(backend: string, neurons: number, connectionRate: number): Promise<number> {
  const program = fileURLToPath(new URL("./matrix-memory.js", import.meta.url));
  const { stdout } = await run(process.execPath, [program, backend, String(neurons), String(connectionRate)]);
  return Number(stdout);
}
