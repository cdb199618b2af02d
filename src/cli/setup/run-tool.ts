import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { EddyError } from "../../errors.js";

/** How a program is called. */
export interface ToolCall {
  /** what it does, for messages: "pip: tensorflow-cpu 2.21.0" */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** file to which its output is added */
  readonly log: string;
  readonly signal: AbortSignal;
}

/** The line that most likely says what went wrong. */
function complaintIn(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const complaint = lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
  return complaint.slice(0, 300);
}

function failure({ what, log }: ToolCall, said: string, how: string): EddyError {
  if (/DO NOT MATCH THE HASHES/i.test(said)) {
    const [, expected] = /Expected sha256 (\w+)/.exec(said) ?? [];
    const [, got] = /Got\s+(\w+)/.exec(said) ?? [];
    return new EddyError(
      "CHECKSUM_MISMATCH",
      `${what}: what came has SHA-256 ${got} where ${expected} is needed; nothing of it was used: check the index that pip is configured for (pip config list)`,
    );
  }
  return new EddyError("SETUP_FAILED", `${what} failed (${how}): ${complaintIn(said)}; all it said: ${log}`);
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGTERM");
  } catch (error) {
    // it has just ended by itself
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Runs a program to its end, in a process group of its own: an abort ends all that it has started, and only then
 * rejects.
 * @throws EddyError SETUP_FAILED, CHECKSUM_MISMATCH; the signal's reason
 */
export async function runTool(call: ToolCall): Promise<void> {
  const { command, args, cwd, env, log, signal } = call;
  signal.throwIfAborted();
  const before = readFileSync(log).length;
  const output = openSync(log, "a");
  let stop = () => {};
  const how = await new Promise<string | null>((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", output, output],
      detached: true,
    });
    stop = () => endGroup(child.pid);
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, end) => resolve(code === 0 ? null : (end ?? `exit code ${code}`)));
  }).finally(() => {
    signal.removeEventListener("abort", stop);
    closeSync(output);
  });
  signal.throwIfAborted();
  if (how !== null) throw failure(call, readFileSync(log).subarray(before).toString("utf8"), how);
}
