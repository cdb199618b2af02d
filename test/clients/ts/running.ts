import { type ConnectOptions, connect, type Run } from "eddy/client";
import { afterEach, expect } from "vitest";
import { type RunningServer, type ServeOptions, serve } from "../../../src/server/server.js";
import { simulate } from "../../../src/simulation/simulate.js";
import type { Simulation } from "../../../src/simulation/simulation.js";
import { type Cable, openCable } from "./cable.js";

/** Two small modules that tell gratings apart. */
export const scene = {
  name: "small scene",
  network: { preset: "chain", modules: 2, neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
  rule: "EPE",
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 5, learning: 4 } },
  stimuli: { gabor: { source: "gabor", noise: 0.2 } },
  seed: 7,
};

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** Has something closed when the test is over, before what was opened earlier. */
export function closeLater(close: () => unknown): void {
  toClose.push(close);
}

export interface Running {
  readonly simulation: Simulation;
  readonly server: RunningServer;
  readonly served: ServeOptions;
  readonly cable: Cable;
  /** watches of the simulation that somebody has */
  readonly watched: { now(): number };
  /** the address through the cable, with the controller's token */
  readonly address: string;
  client(options?: ConnectOptions, address?: string): Promise<Run>;
}

interface Wanted {
  readonly ticksPerSecond?: number | null;
  readonly paused?: boolean;
  readonly scene?: unknown;
}

/** A real simulation behind a real server behind a wire that can be cut; all end with the test. */
export async function running(
  { ticksPerSecond = 200, paused = false, scene: run = scene }: Wanted = {},
  options: Partial<ServeOptions> = {},
): Promise<Running> {
  const simulation = await simulate(run, { ticksPerSecond, paused });
  closeLater(() => simulation.close());
  const handles = new Set<number>();
  const counted: Simulation = Object.create(simulation, {
    watch: {
      value: async (...asked: Parameters<Simulation["watch"]>) => {
        const handle = await simulation.watch(...asked);
        handles.add(handle);
        return handle;
      },
    },
    unwatch: {
      value: (handle: number) => {
        handles.delete(handle);
        simulation.unwatch(handle);
      },
    },
  });
  const cable = await openCable();
  closeLater(() => cable.close());
  // pages come through the cable, too
  const served = { simulation: counted, origins: [`http://127.0.0.1:${cable.port}`], ...options };
  const server = await serve(served);
  closeLater(() => server.close());
  cable.lead(server.address.port);
  const address = `http://127.0.0.1:${cable.port}/#token=${server.token}`;
  return {
    simulation,
    server,
    served,
    cable,
    watched: { now: () => handles.size },
    address,
    async client(connectOptions, to = address) {
      const run = await connect(to, connectOptions);
      closeLater(() => run.close());
      return run;
    },
  };
}

/** Waits for something to become what it should. */
export const eventually = <Value>(shown: () => Value | Promise<Value>, message?: string) =>
  expect.poll(shown, { timeout: 20_000, interval: 10, message });
