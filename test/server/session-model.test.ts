import fc from "fast-check";
import { expect, it } from "vitest";
import { running } from "./running.js";
import type { Model, Real } from "./session-model.js";
import {
  Acknowledge,
  ComeBackAnew,
  CutAndResume,
  CutInCommand,
  SetGate,
  type Step,
  Subscribe,
  Tick,
  Unsubscribe,
} from "./session-steps.js";

const CLIENTS = 3;

it("sessions do what their model does, also over cut connections", { timeout: 120_000 }, async () => {
  const client = fc.nat(CLIENTS - 1);
  const topic = fc.constantFrom("state/m1", "output/out", "metrics/gabor");
  const steps: fc.Arbitrary<Step>[] = [
    fc.tuple(client, topic, fc.integer({ min: 1, max: 2 })).map((args) => new Subscribe(...args)),
    client.map((index) => new Unsubscribe(index)),
    fc.tuple(client, fc.integer({ min: 1, max: 5 })).map((args) => new Acknowledge(...args)),
    fc.integer({ min: 1, max: 7 }).map((ticks) => new Tick(ticks)),
    fc.tuple(client, fc.constantFrom(0, 0.25, 1, 2, Number.NaN)).map((args) => new SetGate(...args)),
    fc.tuple(client, fc.nat(6)).map((args) => new CutAndResume(...args)),
    fc.tuple(client, fc.constantFrom(0, 0.5, 1)).map((args) => new CutInCommand(...args)),
    client.map((index) => new ComeBackAnew(index)),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
      const run = await running({ limits: { requestsPerSecondMax: 1e6, requestsBurstMax: 1e6 } });
      const clients = [await run.client(), await run.client(), await run.client()];
      const empty = <Value>() => clients.map(() => new Map<string, Value>());
      const real: Real = { run, clients, channels: empty(), before: clients.map(() => new Map()) };
      const model: Model = { tick: 0, gate: 1, commands: 0, channels: new Map(), subscriptions: empty() };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      expect(run.reported).toEqual([]);
      for (const { socket } of real.clients) socket.terminate();
    }),
    { numRuns: 60 },
  );
});
