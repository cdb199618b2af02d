import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach } from "vitest";
import { commandLine, root } from "./built.js";

export interface Ended {
  /** null when a signal ended it */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** what it has written so far */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Waits until its standard output fits, and gives the match. @throws Error when it ends before */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts Node with these arguments; what a test leaves running ends with it. */
export function startNode(args: readonly string[], { cwd = root, env = {} }: ChildOptions = {}): Child {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, EDDY_DATA: "", NODE_OPTIONS: "", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const written = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      written[stream] += text;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([code, signal]): Ended => {
    running.delete(child);
    return { code, signal, ...written };
  });
  return {
    process: child,
    ended,
    output: () => ({ ...written }),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(written.stdout);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then((end) =>
          reject(new Error(`ended before it said ${pattern}: ${JSON.stringify(end)}`)),
        );
      }),
  };
}

/** Runs Node to its end. */
export const runNode = (args: readonly string[], options?: ChildOptions): Promise<Ended> =>
  startNode(args, options).ended;

/** Starts the command line. */
export const startEddy = (args: readonly string[], options?: ChildOptions): Child =>
  startNode([commandLine, ...args], options);

/** Runs the command line to its end. */
export const runEddy = (args: readonly string[], options?: ChildOptions): Promise<Ended> =>
  startEddy(args, options).ended;
