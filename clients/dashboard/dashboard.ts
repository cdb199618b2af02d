import { connect, type Run, textOf } from "eddy/client";
import type { WireStatus } from "eddy/wire";
import { forgetToken, takeToken } from "./address.js";
import { CommandLog } from "./command-log.js";
import { everyFor } from "./decimation.js";
import { element } from "./dom.js";
import { Header, type PageLink } from "./header.js";
import { NetworkPage } from "./network-page.js";
import { Scheduler } from "./scheduler.js";
import { TickRate } from "./tick-rate.js";

const REFRESH_MS = 100;
/** Ticks a second that a running simulation is taken to make before it is known. */
const ASSUMED_TICKS_PER_SECOND = 500;

/** The page as a whole: one connection, and the page of the network that it leads to. */
export class Dashboard {
  readonly #header: Header;
  readonly #scheduler = new Scheduler();
  readonly #rate = new TickRate();
  readonly #log = new CommandLog();
  #network: NetworkPage | undefined;
  /** ends the connection, or the attempt to make one */
  #leave = new AbortController();
  #run: Run | undefined;
  #link: PageLink = { kind: "connecting" };
  #linkedAtMs = 0;
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
    if (token === undefined) {
      this.#linked({ kind: "locked" });
      this.#explain("This page needs the address that eddy run printed, with its token.");
      return;
    }
    this.#leave.abort();
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    const onLink = (link: PageLink) => {
      if (!signal.aborted) this.#linked(link);
    };
    connect(location.href, { token, signal, onLink, firstMsMax: Number.POSITIVE_INFINITY }).then(
      (run) => this.#watch(run),
      // why a connection ended the link has told already
      (error: unknown) => {
        if (!signal.aborted && this.#link.kind !== "ended") this.#explain(textOf(error));
      },
    );
  }

  #linked(link: PageLink): void {
    this.#link = link;
    this.#linkedAtMs = performance.now();
    this.#rate.clear();
    this.page.classList.toggle("offline", link.kind !== "open");
    if (link.kind === "ended") {
      forgetToken();
      this.#explain(`The server ended the connection: ${link.why}. Open the address that eddy run printed.`);
    }
    this.#refresh();
  }

  #watch(run: Run): void {
    this.#run = run;
    this.#cost = { frames: 0, bytes: 0, atMs: performance.now() };
    run.problems.subscribe((problem) => this.#network?.problem(problem.message));
    run.epochs.subscribe(() => this.#begin(run));
    run.status.subscribe((status) => this.#beat(status));
  }

  /** Another network, or another life of it: everything begins anew. */
  #begin(run: Run): void {
    const { paused, ticksPerSecond, tick } = run.status.value;
    this.#runningRate ??= ticksPerSecond ?? undefined;
    this.#every = paused ? 1 : everyFor(this.#assumedRate, this.#every);
    this.#tick = tick;
    this.#network?.close();
    this.#network = new NetworkPage(run, this.#scheduler, {
      log: this.#log,
      every: this.#every,
      isFrozen: () => this.#isFrozen,
      paused: (isPaused) => {
        if (this.#status) this.#status = { ...this.#status, paused: isPaused };
        this.#refresh();
      },
      seen: (seenTick) => this.#advance(seenTick),
      beforeResume: () => this.#adapt(this.#assumedRate),
    });
    this.page.replaceChildren(this.#network.element);
    this.#header.network(run.info, run.role === "viewer");
  }

  #beat(status: WireStatus): void {
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
    const { frames = 0, bytes = 0, dropped = 0 } = this.#run?.received ?? {};
    const seconds = (atMs - this.#cost.atMs) / 1000;
    this.#header.cost((frames - this.#cost.frames) / seconds, (bytes - this.#cost.bytes) / seconds, dropped);
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
      linkedMs: performance.now() - this.#linkedAtMs,
      silentMs: this.#run?.silentMs ?? 0,
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
