import type { DataFrame, Heartbeat, Hello, Welcome, WireStatus, WireTopic } from "eddy/wire";
import { type Observable, Subject } from "rxjs";
import type { ClientError } from "./client-error.js";
import { type Applied, CommandQueue } from "./command-queue.js";
import { type CommandInput, wireCommand } from "./commands.js";
import { Connection, type ConnectionListener, type ConnectionOptions } from "./connection.js";
import { Feeds } from "./feeds.js";
import { Changing } from "./latest.js";
import type { Link } from "./link.js";
import type { Epoch, Run } from "./run.js";
import type { Frame, WatchOptions } from "./topics.js";
import { twinOf, viewOf } from "./twin.js";
import type { Wiring } from "./wiring.js";
import { worldOf } from "./world.js";

/** Whoever wants a run. */
export interface ClientOwner {
  link(link: Link): void;
  /** the first welcome has come */
  ready(run: Run): void;
  /** nothing follows; also before it was ready */
  ended(error: ClientError): void;
}

/** What is known of a run since its first welcome. */
interface Known {
  readonly epochs: Changing<Epoch>;
  readonly status: Changing<WireStatus>;
  readonly topics: Changing<readonly WireTopic[]>;
}

/** Begins to connect; the owner gets the run when it is there. */
export function openClient(options: ConnectionOptions, owner: ClientOwner): { close(): void } {
  return new Client(options, owner);
}

class Client implements ConnectionListener, Wiring {
  readonly #connection: Connection;
  readonly #feeds = new Feeds(
    () => this.#connection,
    (error) => this.problem(error),
  );
  readonly #commands = new CommandQueue(() => this.#connection);
  readonly #links = new Changing<Link>({ kind: "connecting" });
  readonly #problems = new Subject<ClientError>();
  #known: Known | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly owner: ClientOwner,
  ) {
    this.#connection = new Connection(options, this);
  }

  close(): void {
    this.#connection.close();
  }

  watch(topic: string, options: WatchOptions): Observable<Frame> {
    return this.#feeds.watch(topic, options);
  }

  send(command: CommandInput, branch?: string): Promise<Applied> {
    return this.#commands.send(wireCommand(command), branch);
  }

  link(link: Link): void {
    this.owner.link(link);
    this.#links.set(link);
  }

  welcome(welcome: Welcome): void {
    const { epoch, info, role, limits, status, topics } = welcome;
    const before = this.#known?.epochs.value;
    const next: Epoch = { epoch, info, role, limits };
    if (this.#known) {
      this.#known.topics.set(topics);
      this.#known.status.set(status);
      if (JSON.stringify(before) !== JSON.stringify(next)) this.#known.epochs.set(next);
    } else {
      this.#known = {
        epochs: new Changing(next),
        status: new Changing(status),
        topics: new Changing(topics),
      };
    }
    this.#feeds.welcome(welcome, before?.epoch === epoch);
    this.#commands.welcome(welcome);
    if (!before) this.owner.ready(this.#run(this.#known));
  }

  heartbeat({ status }: Heartbeat): void {
    this.#feeds.acknowledge();
    if (!this.#known) return;
    const { epochs } = this.#known;
    this.#known.status.set(status);
    if (status.epoch !== epochs.value.epoch) epochs.set({ ...epochs.value, epoch: status.epoch });
  }

  topics(topics: readonly WireTopic[]): void {
    this.#known?.topics.set(topics);
  }

  frame(frame: DataFrame, bytes: number): void {
    this.#feeds.receive(frame, bytes);
  }

  problem(error: ClientError): void {
    this.#problems.next(error);
  }

  resume(): Hello["resume"] {
    const channels = this.#feeds.resumable();
    const epoch = this.#known?.epochs.value.epoch;
    return epoch === undefined || channels.length === 0 ? undefined : { epoch, channels };
  }

  ended(error: ClientError): void {
    this.#feeds.end(error.code === "CLOSED" ? null : error);
    this.#commands.end(error);
    for (const changing of Object.values(this.#known ?? {})) changing.complete();
    this.#links.complete();
    this.#problems.complete();
    this.owner.ended(error);
  }

  #run({ epochs, status, topics }: Known): Run {
    const client = this;
    return {
      ...viewOf(client),
      url: client.options.url,
      get info() {
        return epochs.value.info;
      },
      get role() {
        return epochs.value.role;
      },
      get limits() {
        return epochs.value.limits;
      },
      get received() {
        return client.#feeds.received;
      },
      get silentMs() {
        return client.#connection.silentMs;
      },
      epochs,
      status,
      topics,
      link: client.#links,
      problems: client.#problems.asObservable(),
      async branch(name, changes = [], { checkpoint } = {}) {
        await client.send({ kind: "branch", name, changes, ...(checkpoint !== undefined && { checkpoint }) });
        return twinOf(client, name);
      },
      twin: (name) => twinOf(client, name),
      world: (task, respond) => worldOf(client, task, respond),
      close: () => client.close(),
    };
  }
}
