import { openSimulation, serve } from "eddy";

/** What a process with a server and its simulation is asked to be. */
export interface ServerOrder {
  readonly run: unknown;
  /** ticks a second; null stays paused, and goes as fast as possible when told to go */
  readonly ticksPerSecond: number | null;
  readonly threads: number;
  readonly port?: number;
  readonly token?: string;
}

/** How it stands, whenever it is asked. */
export interface ServerReport {
  readonly kind: "listening" | "stands";
  readonly port: number;
  readonly token: string;
  readonly tick: number;
  readonly ticks: number;
  readonly tickSeconds: number;
  readonly lateTicks: number;
  readonly rssBytes: number;
  /** after a forced collection */
  readonly heapBytes: number;
}

async function serveOrder({ run, ticksPerSecond, threads, port, token }: ServerOrder): Promise<void> {
  process.env.EDDY_THREADS = String(threads);
  const simulation = await openSimulation(run, { paused: true, ticksPerSecond });
  const server = await serve({ simulation, port, token });
  const tell = (kind: ServerReport["kind"]) => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { tick, load } = simulation.status();
    const { ticks, tickSeconds, lateTicks } = load;
    const report: ServerReport = {
      kind,
      port: server.address.port,
      token: server.token,
      tick,
      ticks,
      tickSeconds,
      lateTicks,
      rssBytes: rss,
      heapBytes: heapUsed + external,
    };
    process.send?.(report);
  };
  if (ticksPerSecond !== null) await simulation.command({ kind: "resume" });
  process.on("message", (word: unknown) => {
    if (word === "stands") tell("stands");
    if (word === "go") void simulation.command({ kind: "resume" });
    if (typeof word === "object" && word !== null && "ticksPerSecond" in word) {
      void simulation.command({ kind: "speed", ticksPerSecond: Number(word.ticksPerSecond) });
    }
  });
  process.once("disconnect", () => process.exit(0));
  tell("listening");
}

process.once("message", (order: ServerOrder) => void serveOrder(order));
