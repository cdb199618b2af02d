import type { Command } from "commander";
import { ClientError, connect, type Run } from "eddy/client";
import { EddyError } from "../errors.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { lineView } from "./monitor/line-view.js";
import { liveView } from "./monitor/live-view.js";
import { whole } from "./options.js";
import { note } from "./terminal.js";

interface Options {
  readonly json?: boolean;
  readonly lines?: number;
}

/** What went wrong with the connection is no bug: one line, and the status of bad input. */
async function reached<Value>(made: Promise<Value>): Promise<Value | undefined> {
  try {
    return await made;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    note(`eddy: ${error.message}`);
    process.exitCode = exitCodes.refused;
    return undefined;
  }
}

async function watch(run: Run, { json = false, lines }: Options, signal: AbortSignal): Promise<void> {
  const isLive = process.stdin.isTTY && process.stdout.isTTY && !json && lines === undefined;
  const ended = await reached(
    isLive ? liveView(run, signal) : lineView(run, { json, lines: lines ?? null }, signal),
  );
  if (ended?.interrupted) process.exitCode = exitCodes.interrupted;
}

async function monitor(given: string | undefined, options: Options): Promise<void> {
  const address = given ?? process.env.EDDY_URL;
  if (address === undefined) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      "monitor: which run? Give the address that eddy run printed, or set EDDY_URL to it",
    );
  }
  const { signal, release } = interruption();
  const token = address.includes("#") ? undefined : process.env.EDDY_TOKEN;
  const run = await reached(connect(address, { signal, ...(token && { token }) }));
  try {
    if (run) await watch(run, options, signal);
  } finally {
    run?.close();
    release();
  }
}

/** Adds `eddy monitor`. */
export function addMonitor(program: Command): void {
  program
    .command("monitor")
    .description(
      "a running simulation in the terminal, with keys to steer it; without a terminal, a line a second",
    )
    .argument(
      "[url]",
      "the address that eddy run printed (default: EDDY_URL); its token may come as EDDY_TOKEN",
    )
    .option("--json", "one JSON object a second")
    .option("--lines <n>", "end after so many lines", whole(1))
    .action(monitor);
}
