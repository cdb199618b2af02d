import { afterEach, describe, expect, it } from "vitest";
import type { RunningServer } from "../../src/server/server.js";
import type { Simulation } from "../../src/simulation/simulation.js";
import { float32Values } from "../../src/wire/index.js";
import { eddy } from "../built.js";
import { type Client, login, until } from "./client.js";

/** Two tasks apart from each other: a client brings the stimuli of one, the other has its own. */
const run = (client: object) => ({
  network: {
    inputs: { x: 2, image: 1024 },
    modules: { m1: { neurons: 16 }, m2: { neurons: 16 } },
    forward: [
      { source: "x", target: "m1.RI" },
      { source: "image", target: "m2.RI" },
    ],
    readouts: { out: { sources: ["m1.SI"], size: 2 }, seen: { sources: ["m2.SI"], size: 2 } },
    errorPathways: [
      { source: "error(out)", target: "m1.RE" },
      { source: "error(seen)", target: "m2.RE" },
    ],
    tasks: {
      steer: { input: "x", readout: "out" },
      gabor: { input: "image", readout: "seen" },
    },
  },
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
  stimuli: { steer: { source: "client", ...client }, gabor: { source: "gabor" } },
});

const opened: { simulation: Simulation; server: RunningServer; clients: Client[] }[] = [];
afterEach(async () => {
  for (const { simulation, server, clients } of opened.splice(0)) {
    for (const client of clients) await client.close();
    await server.close();
    await simulation.close();
  }
});

/** A real simulation in its thread behind a real server; clients come as they are asked for. */
async function session(client: object) {
  const simulation = await eddy.openSimulation(run(client), { backend: "reference", paused: true });
  const server = await eddy.serve({ simulation });
  const clients: Client[] = [];
  opened.push({ simulation, server, clients });
  return {
    simulation,
    async join(): Promise<Client> {
      const joined = await login(server.address.port, server.token);
      clients.push(joined);
      return joined;
    },
  };
}

interface Request {
  readonly trial: number;
  readonly tick: number;
  readonly output: Uint8Array | null;
}

const values = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
const answer = (client: Client, trial: number) =>
  client.request({
    op: "cmd",
    command: { kind: "stimulus", task: "steer", input: values(1, -1), target: values(1, 0), trial },
  });

/** The requests of a task's world, as a client gets them. */
async function requestsOf(client: Client) {
  const { channel } = await client.subscribe("world/steer");
  return async (count: number): Promise<Request> => {
    const frames = await client.frames(channel, count);
    const [, seq, , , payload] = frames[count - 1]!;
    // acknowledged, as lossless frames have to be
    client.send({ op: "ack", channel, seq });
    return payload as unknown as Request;
  };
}

const resume = (client: Client) => client.request({ op: "cmd", command: { kind: "resume" } });

describe("a client over the wire, as the world of a task", () => {
  it("closes the loop, in lock step with the ticks", async () => {
    const { join } = await session({ timeoutMs: 60_000 });
    const client = await join();
    const next = await requestsOf(client);
    await resume(client);
    for (let trial = 0; trial < 10; trial++) {
      const { output, ...asked } = await next(trial + 1);
      expect(asked).toMatchObject({ task: "steer", trial, tick: 10 * trial, deadlineMs: 60_000 });
      if (trial === 0) expect(output).toBeNull();
      else expect(float32Values(output!).reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
      expect(await answer(client, trial)).toMatchObject({ op: "reply", tick: 10 * trial });
    }
  });

  it("that is late loses the clock, not its turn; what comes after its trial is refused", async () => {
    const { simulation, join } = await session({ timeoutMs: 200 });
    const client = await join();
    const next = await requestsOf(client);
    const { channel } = await client.subscribe("events");
    await resume(client);
    await next(1);
    // gone, where this machine is slow to look
    const late = () => ["late", "gone"].includes(simulation.status().worlds.steer ?? "");
    await until(() => late() && simulation.status().tick > 20);
    expect(await answer(client, 0)).toMatchObject({ op: "reply", to: "cmd" });
    const states = () =>
      client
        .framesOf(channel)
        .map(([, , , , payload]) => payload as { kind: string; state: string })
        .filter(({ kind }) => kind === "world")
        .map(({ state }) => state);
    await until(() => states().includes("answered"));
    expect(await answer(client, 0)).toMatchObject({
      op: "error",
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^trial: given 0, needed a later one.*too late$/),
    });
    expect(states()[0]).toBe("late");
  });

  it("that is killed holds nobody up, and whoever comes in its place is asked at once", async () => {
    const { simulation, join } = await session({ timeoutMs: 60_000 });
    const [client, other] = [await join(), await join()];
    const next = await requestsOf(client);
    await resume(client);
    await next(1);
    await answer(client, 0);
    expect(await next(2)).toMatchObject({ trial: 1, tick: 10 });
    client.socket.terminate();
    await until(() => simulation.status().worlds.steer === "gone");
    const { channel } = await other.subscribe("metrics/gabor");
    // the other task's trials go on
    await other.frames(channel, 5);
    const asked = await (await requestsOf(other))(1);
    expect(asked).toMatchObject({ trial: 1, tick: 10 });
    await until(() => simulation.status().worlds.steer === "awaited");
    expect(await answer(other, 1)).toMatchObject({ op: "reply" });
    await until(() => simulation.status().worlds.steer !== "gone");
  });
});
