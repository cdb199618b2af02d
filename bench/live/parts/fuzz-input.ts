import { decode, encode, PROTOCOL_VERSION, SUBPROTOCOL, serverMessageLimits, WIRE_PATH } from "eddy/wire";
import WebSocket from "ws";
import { wrongMessages } from "./wrong-messages.js";

/** Who is fuzzed, and how much. */
export interface FuzzOrder {
  readonly port: number;
  readonly token: string;
  readonly cases: number;
  readonly seed: number;
  readonly sockets: number;
  /** called now and then */
  progress(cases: number): Promise<void>;
}

/** What came of it. */
export interface FuzzReport {
  cases: number;
  connections: number;
  /** error replies by code */
  readonly errors: Map<string, number>;
  /** ends of connections by close code */
  readonly closed: Map<number, number>;
}

const CASES_A_CONNECTION = 60;
const PROGRESS_CASES = 100_000;
const LAST_ID = 2_000_000;

const count = <Key>(counts: Map<Key, number>, key: Key): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

/** One connection: a greeting, wrong requests, noise, and the end. Resolves when all of it has been dealt with. */
function attack(
  order: FuzzOrder,
  report: FuzzReport,
  messages: ReturnType<typeof wrongMessages>,
): Promise<void> {
  const { port, token } = order;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${WIRE_PATH}`, SUBPROTOCOL, {
    perMessageDeflate: false,
  });
  const send = (bytes: Uint8Array) => {
    if (socket.readyState !== socket.OPEN) return;
    report.cases += 1;
    socket.send(bytes);
  };
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      report.connections += 1;
      // every tenth says something wrong before it is known
      if (messages.next() < 0.1) send(messages.noise());
      socket.send(encode({ op: "hello", v: PROTOCOL_VERSION, auth: token }));
      for (let sent = 0; sent < CASES_A_CONNECTION; sent += 1) send(messages.wrongRequest());
      // the third ends it
      for (let sent = 0; sent < 3; sent += 1) send(messages.noise());
      socket.send(encode({ op: "ping", id: LAST_ID }));
    });
    socket.on("message", (data: Buffer) => {
      const message = decode(data, serverMessageLimits) as Readonly<Record<string, unknown>>;
      if (Array.isArray(message)) return;
      if (message.op === "error") count(report.errors, String(message.code));
      if (message.op === "reply" && message.id === LAST_ID) socket.close(1000);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(new Error("the server is gone"));
    });
    socket.on("close", (code) => {
      count(report.closed, code);
      resolve();
    });
  });
}

/**
 * Sends wrong messages over several sockets at once, each ending with bytes that are none.
 * @throws Error when the server is gone
 */
export async function fuzzInput(order: FuzzOrder): Promise<FuzzReport> {
  const report: FuzzReport = { cases: 0, connections: 0, errors: new Map(), closed: new Map() };
  let told = 0;
  const attacker = async (index: number) => {
    const messages = wrongMessages(order.seed * 1000 + index);
    while (report.cases < order.cases) {
      await attack(order, report, messages);
      if (report.cases - told < PROGRESS_CASES) continue;
      told = report.cases;
      await order.progress(report.cases);
    }
  };
  await Promise.all(Array.from({ length: order.sockets }, (_, index) => attacker(index)));
  return report;
}
