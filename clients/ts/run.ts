import type { ClientLimits, Role, WireInfo, WireStatus, WireTopic } from "eddy/wire";
import type { Observable } from "rxjs";
import type { ClientError } from "./client-error.js";
import type { Applied } from "./command-queue.js";
import type { CommandInput, InterventionInput } from "./commands.js";
import type { Received } from "./feeds.js";
import type { Latest } from "./latest.js";
import type { Link } from "./link.js";
import type { Steering } from "./steering.js";
import type { Frame, PayloadOf, WatchOptions } from "./topics.js";
import type { Respond, World } from "./world.js";

/** A life of a run: ticks of one do not continue in another. It changes with every start, reset and restore. */
export interface Epoch {
  readonly epoch: string;
  readonly info: WireInfo;
  readonly role: Role;
  readonly limits: ClientLimits;
}

/** What can be watched and steered: a run, or a twin of it. */
export interface View extends Steering {
  /**
   * The frames of a topic, from when somebody subscribes until nobody does; all who watch the same share them. Goes on
   * over cuts of the connection and new epochs; what is missing is said by the frame after it. Errs with what the server
   * says of the topic or, when coming back is of no use, of the connection; completes when the client is closed.
   */
  watch<const Topic extends string, const Options extends WatchOptions = WatchOptions>(
    topic: Topic,
    options?: Options,
  ): Observable<Frame<PayloadOf<Topic, Options>>>;
  /**
   * Applies a command, once, also when the connection breaks before its reply has come: it is then sent again. (A server
   * that was started again meanwhile knows nothing of it, and may apply it a second time.)
   * @throws ClientError (as a rejection) with the server's code and reason, or why the client has ended
   */
  command(command: CommandInput): Promise<Applied>;
}

/** A twin of a run, that goes on beside it. */
export interface Twin extends View {
  readonly name: string;
  /** The difference of the twin to the original, of a topic. */
  difference<const Topic extends string, const Options extends WatchOptions = WatchOptions>(
    topic: Topic,
    options?: Options,
  ): Observable<Frame<PayloadOf<Topic, Options>>>;
  /** Ends it; the original goes on. */
  end(): Promise<Applied>;
}

/** A running simulation, as a client sees it, over as many connections as that takes. */
export interface Run extends View {
  /** of the server's WebSocket, without the token */
  readonly url: string;
  readonly info: WireInfo;
  readonly role: Role;
  readonly limits: ClientLimits;
  readonly topics: Latest<readonly WireTopic[]>;
  /** the present one, and those that follow */
  readonly epochs: Latest<Epoch>;
  /** told every second, even when paused */
  readonly status: Latest<WireStatus>;
  readonly link: Latest<Link>;
  /** what goes wrong and is no answer to anything */
  readonly problems: Observable<ClientError>;
  readonly received: Received;
  /** milliseconds since the server was last heard; over 3500 something is wrong */
  readonly silentMs: number;
  /** Makes a twin that goes on from here, or from a checkpoint, with these changes. */
  branch(
    name: string,
    changes?: readonly InterventionInput[],
    options?: { readonly checkpoint?: string },
  ): Promise<Twin>;
  /** A twin that there is already. */
  twin(name: string): Twin;
  /** Is the world of a task: answers each of its requests with a stimulus. */
  world(task: string, respond: Respond): World;
  /** Ends the connection for good: observables complete, and commands that wait are rejected. */
  close(): void;
}
