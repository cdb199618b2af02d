import type { Heartbeat, Welcome, WireStatus } from "../../src/wire/index.js";
import { forgetToken, takeToken, wireUrl } from "./address.js";
import { Connection, type Link } from "./connection.js";
import { everyFor } from "./decimation.js";
import { element } from "./dom.js";
import { Feeds } from "./feeds.js";
import { Header } from "./header.js";
import { NetworkPage } from "./network-page.js";
import { Scheduler } from "./scheduler.js";
import { TickRate } from "./tick-rate.js";

const REFRESH_MS = 100;
/** Ticks a second that a running simulation is taken to make before it is known. */
const ASSUMED_TICKS_PER_SECOND = 500;

/** The page as a whole: one connection, and the page of the network that it leads to. */
export class Dashboard {
  readonly #header: Header;
  readonly #connection: Connection;
  readonly #feeds: Feeds;
  readonly #scheduler = new Scheduler();
  readonly #rate = new TickRate();
  #network: NetworkPage | undefined;
  /** epoch and description of the network that the page shows */
  #shown = "";
  #link: Link = { kind: "connecting" };
  #status: WireStatus | undefined;
  #tick = 0;
  #runningRate: number | undefined;
  #every = 1;
  #isFrozen = false;
  #cost = { frames: 0, bytes: 0, atMs: 0 };

  constructor(
    header: HTMLElement,
    private readonly page: HTMLElement,
  ) {
    this.#header = new Header(header, () => this.#freeze(!this.#isFrozen));
    this.#connection = new Connection(wireUrl(), "", {
      link: (link) => this.#linked(link),
      welcome: (welcome) => this.#welcome(welcome),
      heartbeat: (heartbeat) => this.#heartbeat(heartbeat),
      frame: (frame, bytes) => {
        this.#feeds.receive(frame, bytes);
        this.#advance(frame[2]);
      },
      problem: (message) => this.#network?.problem(message),
    });
    this.#feeds = new Feeds(this.#connection, (message) => this.#network?.problem(message));
  }

  start(): void {
    this.#open();
    addEventListener("hashchange", () => this.#open());
    addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /** What the simulation makes when it runs, as far as that is known. */
  get #assumedRate(): number {
    return this.#runningRate ?? ASSUMED_TICKS_PER_SECOND;
  }

  #open(): void {
    const token = takeToken();
    if (token !== undefined) {
      this.#connection.open(token);
      return;
    }
    this.#linked({ kind: "locked" });
    this.#explain("This page needs the address that eddy run printed, with its token.");
  }

  #linked(link: Link): void {
    this.#link = link;
    this.#rate.clear();
    this.page.classList.toggle("offline", link.kind !== "open");
    if (link.kind === "ended") {
      forgetToken();
      this.#explain(`The server ended the connection: ${link.why}. Open the address that eddy run printed.`);
    }
    this.#refresh();
  }

  #welcome(welcome: Welcome): void {
    const shown = JSON.stringify([welcome.epoch, welcome.info, welcome.role]);
    this.#runningRate ??= welcome.status.ticksPerSecond ?? undefined;
    this.#every = welcome.status.paused ? 1 : everyFor(this.#assumedRate, this.#every);
    this.#tick = welcome.tick;
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#network?.close();
      this.#network = new NetworkPage(welcome, this.#connection, this.#feeds, this.#scheduler, {
        every: this.#every,
        isFrozen: () => this.#isFrozen,
        paused: (isPaused) => {
          if (this.#status) this.#status = { ...this.#status, paused: isPaused };
          this.#refresh();
        },
        beforeResume: () => this.#adapt(this.#assumedRate),
      });
      this.page.replaceChildren(this.#network.element);
    } else {
      this.#feeds.restart();
      this.#network?.every(this.#every);
    }
    this.#header.network(welcome.info, welcome.role === "viewer");
    this.#take(welcome.status);
  }

  #heartbeat({ status }: Heartbeat): void {
    this.#feeds.acknowledge();
    const wasPaused = this.#status?.paused;
    if (wasPaused !== status.paused) this.#rate.clear();
    this.#rate.add(status.tick, performance.now());
    // Two readings over a second are a few per cent out, and no simulation is faster than its pace.
    const rateMax = status.ticksPerSecond ?? Number.POSITIVE_INFINITY;
    const rate = Math.min(this.#rate.ticksPerSecond ?? this.#assumedRate, rateMax);
    if (!status.paused) this.#runningRate = rate;
    this.#adapt(status.paused ? 0 : this.#assumedRate);
    this.#take(status);
    this.#chargeWatching();
  }

  #take(status: WireStatus): void {
    this.#status = status;
    this.#advance(status.tick);
    this.#network?.status(status);
    this.#refresh();
  }

  #advance(tick: number): void {
    if (tick <= this.#tick) return;
    this.#tick = tick;
    this.#network?.advance(tick);
  }

  #adapt(ticksPerSecond: number): void {
    this.#every = everyFor(ticksPerSecond, this.#every);
    this.#network?.every(this.#every);
  }

  #chargeWatching(): void {
    const atMs = performance.now();
    const { frames, bytes, lost } = this.#feeds;
    const seconds = (atMs - this.#cost.atMs) / 1000;
    this.#header.cost((frames - this.#cost.frames) / seconds, (bytes - this.#cost.bytes) / seconds, lost);
    this.#cost = { frames, bytes, atMs };
  }

  #freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    this.#header.frozen(isFrozen);
    this.#network?.frozen(isFrozen);
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof Element && event.target.closest("input, select, button, a");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "f") this.#freeze(!this.#isFrozen);
    else if (!this.#network?.key(event.key)) return;
    event.preventDefault();
  }

  #refresh(): void {
    this.#header.standing({
      link: this.#link,
      paused: this.#status?.paused ?? false,
      silentMs: this.#connection.silentMs,
      tick: this.#status && this.#tick,
      ticksPerSecond: this.#rate.ticksPerSecond,
    });
  }

  /** Says why there is nothing to see; what is on the page already stays. */
  #explain(text: string): void {
    const notice = element("p", { class: "notice", role: "alert" }, text);
    if (this.#network) this.#network.element.prepend(notice);
    else this.page.replaceChildren(notice);
  }
}
