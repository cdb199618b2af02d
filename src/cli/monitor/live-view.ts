import { ClientError, type Link, type Run } from "eddy/client";
import { drawMonitor } from "./draw.js";
import type { MonitorModel } from "./model.js";
import { Readings } from "./readings.js";
import { takeScreen } from "./screen.js";
import { Steer } from "./steer.js";

const REDRAW_MS = 100;
/** Without a word for so long, a connection that stands is said to be silent. */
const QUIET_MS = 3500;

function linkText(link: Link, silentMs: number, sinceMs: number): string {
  switch (link.kind) {
    case "connecting":
      return "connecting";
    case "open":
      return silentMs > QUIET_MS ? "no sign of life" : "open";
    case "waiting":
      return `disconnected, again in ${Math.max(0, Math.ceil((link.retryInMs - sinceMs) / 1000))} s`;
    case "ended":
      return "ended";
  }
}

/**
 * Shows a run on the terminal and lets keys steer it, until `signal` or a key ends it.
 * @returns whether it was Ctrl-C that ended it
 * @throws ClientError when the server ends the connection for good
 */
export function liveView(run: Run, signal: AbortSignal): Promise<{ readonly interrupted: boolean }> {
  return new Promise((resolve, reject) => {
    let linkedAtMs = performance.now();
    const readings = new Readings(run, (text, isBad) => steer.tell(text, isBad));
    const steer = new Steer(run, readings, () => end(false));
    const screen = takeScreen(process.stdin, process.stdout, (key) => {
      if (key === "ctrl-c") return end(true);
      steer.key(key);
      draw();
    });
    const model = (): MonitorModel => {
      const { info, role, status } = run;
      const { tick, ticksPerSecond: pace, alarms, recording, checkpoint, degraded, branches } = status.value;
      const link = linkText(run.link.value, run.silentMs, performance.now() - linkedAtMs);
      return {
        ...readings.view(),
        ...steer.view,
        name: info.name,
        backend: info.backend,
        link,
        isOpen: link === "open",
        isViewer: role === "viewer",
        tick,
        paused: steer.paused,
        pace,
        gates: info.pathways.map(({ id }) => ({ pathway: id, gate: steer.gateOf(id) })),
        alarms,
        recording,
        checkpoint,
        degraded,
        twins: Object.keys(branches),
      };
    };
    const draw = (): void => screen.show(drawMonitor(model(), screen.width, screen.height));
    const timer = setInterval(draw, REDRAW_MS);
    const leave = (): void => {
      clearInterval(timer);
      signal.removeEventListener("abort", interrupt);
      readings.close();
      screen.leave();
    };
    const end = (interrupted: boolean): void => {
      leave();
      resolve({ interrupted });
    };
    const interrupt = (): void => end(true);
    signal.addEventListener("abort", interrupt, { once: true });
    run.link.subscribe((link) => {
      linkedAtMs = performance.now();
      if (link.kind !== "ended" || link.code === 1000) return;
      leave();
      reject(new ClientError("REFUSED", `the server ended the connection: ${link.why}`));
    });
    draw();
  });
}
