import { expect } from "vitest";
import { type ChildOptions, runEddy } from "../child-process.js";

/**
 * Runs a command line that has to be refused: exit code 2, one line on standard error, nothing on standard output.
 * @returns the line
 */
export async function refused(args: readonly string[], options?: ChildOptions): Promise<string> {
  const { code, stdout, stderr } = await runEddy(args, options);
  expect({ code, stdout, lines: stderr.split("\n").length - 1 }, stderr).toEqual({
    code: 2,
    stdout: "",
    lines: 1,
  });
  return stderr.trim();
}
