import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ClientsOrder, ClientsReport } from "./clients-process.js";
import type { ServerOrder, ServerReport } from "./server-process.js";

const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** The next message of a process. @throws Error when it ends without one */
async function message<Report>(child: ChildProcess): Promise<Report> {
  // whichever comes first, the other is not waited for any more
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [report] = (await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }),
    ])) as [unknown];
    if (typeof report === "object" && report !== null) return report as Report;
    throw new Error(`a process of the measurement ended early, with code ${report}`);
  } finally {
    waiting.abort();
  }
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly started: ServerReport;
  stands(): Promise<ServerReport>;
  speed(ticksPerSecond: number): void;
  /** Resumes one that began paused. */
  go(): void;
  readonly child: ChildProcess;
  end(): Promise<void>;
}

/** Starts a server with a simulation. */
export async function startServer(order: ServerOrder): Promise<ServerProcess> {
  const child = fork(script("server-process"), { execArgv: ["--expose-gc"] });
  child.send(order);
  const started = await message<ServerReport>(child);
  return {
    child,
    started,
    stands() {
      child.send("stands");
      return message<ServerReport>(child);
    },
    speed: (ticksPerSecond) => void child.send({ ticksPerSecond }),
    go: () => void child.send("go"),
    async end() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

type Seen = Extract<ClientsReport, { kind: "seen" }>;

/** Clients in a process of their own. */
export interface ClientsProcess {
  readonly connectedMs: number;
  measure(): void;
  /** Ends them. @returns what they saw since `measure` */
  end(): Promise<Seen>;
}

/** Starts clients; resolves when all are connected and subscribed. */
export async function startClients(order: ClientsOrder): Promise<ClientsProcess> {
  const child = fork(script("clients-process"), { serialization: "advanced" });
  child.send(order);
  const connected = await Promise.race([message<ClientsReport>(child), once(child, "exit").then(() => null)]);
  if (connected?.kind !== "connected") throw new Error("the clients did not connect");
  return {
    connectedMs: connected.ms,
    measure: () => void child.send("measure"),
    async end() {
      child.send("end");
      const seen = await message<ClientsReport>(child);
      if (seen.kind !== "seen") throw new Error("the clients have said nothing of what they saw");
      return seen;
    },
  };
}

/** Resolves after so many milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
