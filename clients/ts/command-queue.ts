import { type Cmd, encode, isAnswer, type Reply, type Welcome, type WireCommandInput } from "eddy/wire";
import { ClientError } from "./client-error.js";
import { brokenCode, type Connection } from "./connection.js";
import { Pace } from "./pace.js";

const WAITING_MAX = 1024;
const KEY_BYTES = 12;
/** Room in a request for what stands around the command. */
const ENVELOPE_BYTES = 512;

/** The answer to a command. */
export interface Applied {
  /** the tick before which it was applied */
  readonly tick: number;
  /** what came of it, where there is more to say: the name of a checkpoint, the folder of a recording */
  readonly result?: Readonly<Record<string, string | number | boolean | null>>;
}

interface Entry {
  /** counts the commands of this client */
  readonly number: number;
  readonly key: string;
  readonly command: WireCommandInput;
  readonly branch: string | undefined;
  resolve(applied: Applied): void;
  reject(error: ClientError): void;
}

/**
 * Commands in the order in which they were given, no faster than the server takes them. Each has a key, so that one whose
 * reply was cut off is sent again and still applied once.
 */
export class CommandQueue {
  /** not sent yet over the connection that stands */
  #waiting: Entry[] = [];
  /** sent, in that order, and without a reply */
  readonly #sent = new Set<Entry>();
  readonly #keyStart = randomText();
  #keysGiven = 0;
  #pace: Pace | undefined;
  #bytesMax = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over: ClientError | undefined;

  constructor(private readonly connection: () => Connection) {}

  /** @throws ClientError (as a rejection) what the server says, LIMIT_EXCEEDED, or why the client has ended */
  send(command: WireCommandInput, branch?: string): Promise<Applied> {
    return new Promise((resolve, reject) => {
      this.#keysGiven += 1;
      const number = this.#keysGiven;
      const key = `${this.#keyStart}-${number}`;
      const refused = this.#over ?? this.#excess(command);
      if (refused) {
        reject(refused);
        return;
      }
      this.#waiting.push({ number, key, command, branch, resolve, reject });
      this.#flush();
    });
  }

  /** A connection stands: what was sent and not answered goes first, again. */
  welcome({ limits }: Welcome): void {
    this.#pace = new Pace(limits.commandsPerSecondMax, limits.commandsBurstMax, performance.now());
    this.#bytesMax = limits.requestBytesMax;
    this.#waiting = [...this.#sent, ...this.#waiting];
    this.#sent.clear();
    this.#flush();
  }

  end(error: ClientError): void {
    this.#over = error;
    clearTimeout(this.#timer);
    const entries = [...this.#sent, ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    for (const entry of entries) entry.reject(error);
  }

  /** Why a command is too much for the queue or the server. A longer message would end the connection, again and again. */
  #excess(command: WireCommandInput): ClientError | undefined {
    if (this.#waiting.length + this.#sent.size >= WAITING_MAX) {
      return new ClientError("LIMIT_EXCEEDED", `${WAITING_MAX} commands wait already`, true);
    }
    const bytes = encode(command).length + ENVELOPE_BYTES;
    return bytes <= this.#bytesMax
      ? undefined
      : new ClientError(
          "LIMIT_EXCEEDED",
          `command "${command.kind}" of ${bytes} bytes; the server takes ${this.#bytesMax}`,
        );
  }

  #flush(): void {
    clearTimeout(this.#timer);
    while (this.connection().isOpen && this.#pace && this.#waiting.length > 0) {
      const waitMs = isAnswer(this.#waiting[0]!.command) ? 0 : this.#pace.take(performance.now());
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      const entry = this.#waiting.shift()!;
      this.#sent.add(entry);
      const { key, branch, command } = entry;
      // the server fills the defaults in
      const question = {
        op: "cmd",
        key,
        ...(branch !== undefined && { branch }),
        command: command as Cmd["command"],
      } as const;
      this.connection().ask(question, {
        answer: (reply) => this.#answered(entry, reply),
        refuse: (error) => this.#refused(entry, error),
      });
    }
  }

  #answered(entry: Entry, reply: Reply): void {
    this.#sent.delete(entry);
    if (reply.to !== "cmd") return;
    entry.resolve({ tick: reply.tick, ...(reply.result && { result: reply.result }) });
  }

  #refused(entry: Entry, error: ClientError): void {
    // It stays with those that were sent: the next welcome sends it again.
    if (error.code === brokenCode) return;
    this.#sent.delete(entry);
    if (error.code === "RATE_LIMITED") {
      // before all that were given after it; of several that are refused, too
      const later = this.#waiting.findIndex(({ number }) => number > entry.number);
      this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, entry);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#flush(), 1000);
    } else entry.reject(error);
  }
}

/** Text that no other client has. */
function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
