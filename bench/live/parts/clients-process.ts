import { LeanClient } from "./lean-client.js";

/** What a process of clients is asked to be. */
export interface ClientsOrder {
  readonly port: number;
  readonly token: string;
  readonly clients: number;
  readonly subscription: Readonly<Record<string, unknown>> | null;
  /** of all clients, these stop reading once all are connected */
  readonly stalled: number;
}

/** What it tells: that all are connected, and, when asked to end, what they saw. */
export type ClientsReport =
  | { readonly kind: "connected"; readonly ms: number }
  | {
      readonly kind: "seen";
      /** frames by tick: how many arrived, and when, ms since the epoch */
      readonly arrivals: readonly { readonly tick: number; readonly atMs: readonly number[] }[];
      readonly dropped: number;
      readonly gaps: number;
      readonly bytes: number;
      /** connections that had ended, stalled ones left out */
      readonly ended: number;
    };

const AT_ONCE = 100;
const tell = (report: ClientsReport, told: () => void = () => {}): void =>
  void process.send?.(report, undefined, undefined, told);

async function serveOrder({ port, token, clients, subscription, stalled }: ClientsOrder): Promise<void> {
  const arrivals = new Map<number, number[]>();
  let measuring = false;
  const arrived = ({ tick }: { readonly tick: number }) => {
    if (!measuring) return;
    const atMs = performance.timeOrigin + performance.now();
    const times = arrivals.get(tick);
    if (times) times.push(atMs);
    else arrivals.set(tick, [atMs]);
  };
  const startMs = performance.now();
  const all: LeanClient[] = [];
  while (all.length < clients) {
    const some = Math.min(AT_ONCE, clients - all.length);
    const opened = Array.from({ length: some }, (_, index) =>
      LeanClient.open(port, token, subscription, all.length + index < stalled ? undefined : arrived),
    );
    all.push(...(await Promise.all(opened)));
  }
  let ended = 0;
  for (const [index, client] of all.entries()) {
    client.socket.on("close", () => {
      if (index >= stalled) ended += 1;
    });
  }
  for (const client of all.slice(0, stalled)) client.stall();
  tell({ kind: "connected", ms: performance.now() - startMs });
  const readers = all.slice(stalled);
  process.on("message", (word: "measure" | "end") => {
    if (word === "measure") {
      measuring = true;
      for (const { seen } of readers) Object.assign(seen, { frames: 0, dropped: 0, gaps: 0, bytes: 0 });
    } else {
      const sum = (of: (client: LeanClient) => number) => readers.reduce((total, one) => total + of(one), 0);
      tell(
        {
          kind: "seen",
          arrivals: [...arrivals].map(([tick, atMs]) => ({ tick, atMs })),
          dropped: sum(({ seen }) => seen.dropped),
          gaps: sum(({ seen }) => seen.gaps),
          bytes: sum(({ seen }) => seen.bytes),
          ended,
        },
        () => process.disconnect(),
      );
      for (const client of all) client.close();
    }
  });
}

process.once("message", (order: ClientsOrder) => void serveOrder(order));
