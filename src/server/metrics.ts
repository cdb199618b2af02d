import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Hub } from "./hub.js";
import type { Session } from "./session.js";

/** Of the process, not of a server: however many servers there are, its event loop is measured once. */
let processRegistry: Registry | undefined;

function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

/** By label's value. */
type Values = Iterable<readonly [string | number, number]>;

/** What makes metrics that are read from the server only when somebody asks for them. */
function metricsOf(register: Registry) {
  return {
    counter(name: string, help: string, value: () => number): void {
      new Counter({
        name,
        help,
        registers: [register],
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    },
    countersBy(name: string, help: string, label: string, values: () => Values): void {
      new Counter({
        name,
        help,
        labelNames: [label],
        registers: [register],
        collect() {
          this.reset();
          for (const [key, value] of values()) this.inc({ [label]: String(key) }, value);
        },
      });
    },
    gauge(name: string, help: string, value: () => number): void {
      new Gauge({
        name,
        help,
        registers: [register],
        collect() {
          this.set(value());
        },
      });
    },
    gaugesBy(name: string, help: string, label: string, values: () => Values): void {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [register],
        collect() {
          this.reset();
          for (const [key, value] of values()) this.set({ [label]: String(key) }, value);
        },
      });
    },
  };
}

type Metrics = ReturnType<typeof metricsOf>;

function addSimulation({ counter, gauge }: Metrics, { simulation, hasEnded }: Hub): void {
  const status = () => simulation.status();
  gauge("eddy_tick", "Tick of the simulation; goes back with a restore.", () => status().tick);
  gauge("eddy_paused", "1 while the simulation is paused.", () => Number(status().paused));
  gauge("eddy_ended", "1 when the simulation has ended or failed.", () => Number(hasEnded()));
  gauge("eddy_degraded", "1 while it goes on with less than it was started with.", () =>
    Number(status().degraded !== null),
  );
  counter("eddy_ticks_total", "Ticks made.", () => status().load.ticks);
  counter("eddy_tick_seconds_total", "Seconds spent in ticks.", () => status().load.tickSeconds);
  counter(
    "eddy_watching_seconds_total",
    "Seconds of those that were spent for watchers.",
    () => status().load.watchingSeconds,
  );
  counter(
    "eddy_late_ticks_total",
    "Ticks that began more than a period after they were due.",
    () => status().load.lateTicks,
  );
  gauge("eddy_frames_waiting", "Frames that are being read back.", () => status().load.framesWaiting);
  gauge(
    "eddy_recording_bytes",
    "Bytes of the recording that is being written.",
    () => status().recording?.bytes ?? 0,
  );
  gauge("eddy_branches", "Twins beside the simulation.", () => Object.keys(status().branches).length);
}

function addTraffic({ counter, countersBy }: Metrics, { counts }: Hub): void {
  counter("eddy_sessions_total", "Connections that were accepted.", () => counts.sessions);
  countersBy("eddy_sessions_ended_total", "By close code.", "code", () => counts.sessionsEnded);
  countersBy("eddy_upgrades_refused_total", "By HTTP status.", "status", () => counts.upgradesRefused);
  countersBy(
    "eddy_commands_total",
    "By outcome: applied, or an error's code.",
    "outcome",
    () => counts.commands,
  );
  counter("eddy_frames_sent_total", "Frames, by receiver.", () => counts.framesSent);
  counter("eddy_frames_dropped_total", "Frames that clients were too slow for.", () => counts.framesDropped);
  counter("eddy_sent_bytes_total", "Bytes of all messages sent.", () => counts.bytesSent);
  counter("eddy_messages_received_total", "Messages of clients.", () => counts.messagesReceived);
}

function addClients({ gauge, gaugesBy }: Metrics, { channels }: Hub, sessions: ReadonlySet<Session>): void {
  const sum = (value: (session: Session) => number) => () => {
    let total = 0;
    for (const session of sessions) total += value(session);
    return total;
  };
  gaugesBy("eddy_clients", "Connections now, by role.", "role", () => {
    const byRole = new Map([
      ...["controller", "viewer", "none"].map((role) => [role, 0] as [string, number]),
    ]);
    for (const { role = "none" } of sessions) byRole.set(role, byRole.get(role)! + 1);
    return byRole;
  });
  gauge("eddy_channels", "Topics with options that are watched.", () => channels.size);
  gauge("eddy_kept_bytes", "Bytes of frames that are kept for all clients.", () => channels.keptBytes);
  gauge(
    "eddy_queued_bytes",
    "Bytes that no kernel has taken yet.",
    sum((session) => session.queuedBytes),
  );
  gauge(
    "eddy_frames_unsent",
    "Frames that wait for room or an acknowledgement, by receiver.",
    sum((session) => session.outbox.waiting),
  );
  gauge(
    "eddy_frames_unacknowledged",
    "Frames that clients have not acknowledged.",
    sum((session) => session.outbox.unacknowledged),
  );
}

/** What a scrape of Prometheus gets. */
export interface ServerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** The metrics of a server; nothing is computed until they are asked for. */
export function serverMetrics(hub: Hub, sessions: ReadonlySet<Session>): ServerMetrics {
  const register = new Registry();
  const metrics = metricsOf(register);
  addSimulation(metrics, hub);
  addTraffic(metrics, hub);
  addClients(metrics, hub, sessions);
  return {
    contentType: register.contentType,
    text: async () => (await register.metrics()) + (await processMetrics().metrics()),
  };
}
