import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/server/authentication.js";
import { closeCodes } from "../../src/wire/index.js";
import { refusal } from "./client.js";
import { running } from "./running.js";

type Entry = Readonly<Record<string, unknown>> & { readonly level: string; readonly text: string };

function keptLog() {
  const entries: Entry[] = [];
  const at =
    (level: string) =>
    (fields: object, text: string): void => {
      entries.push({ ...fields, level, text });
    };
  return { entries, log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

describe("the server's log", () => {
  it("tells of sessions, commands and refusals, with who, what and when, and of no token", async () => {
    const { entries, log } = keptLog();
    const viewerToken = randomToken();
    const { client, stranger, port, server, simulation } = await running({ log, viewerToken });
    const controller = await client();
    simulation.tick(3);
    await controller.request({ op: "cmd", key: "k", command: { kind: "beta", value: 0.5 } });
    await controller.request({ op: "cmd", command: { kind: "gate", pathway: "x", gate: 1 } });
    const viewer = await client({ token: viewerToken });
    await viewer.request({ op: "cmd", command: { kind: "pause" } });
    const guesser = await stranger();
    guesser.send({ op: "hello", v: 1, auth: "a guess, and wrong" });
    await guesser.closed;
    await refusal(port, { origin: "https://evil.example" });
    controller.socket.close(1000);
    await controller.closed;
    await expect.poll(() => entries.some(({ code }) => code === 1000)).toBe(true);
    const [first] = entries.filter(({ text }) => text === "session opened");
    const { session } = first!;
    expect(entries.filter((entry) => entry.session === session)).toMatchObject([
      { text: "session opened", level: "info", role: "controller", address: "127.0.0.1" },
      { text: "command applied", kind: "beta", key: "k", tick: 3 },
      { text: "command refused", kind: "gate", code: "INVALID_ARGUMENT" },
      { text: "session closed", code: 1000 },
    ]);
    expect(entries).toContainEqual(
      expect.objectContaining({ text: "command refused", kind: "pause", code: "FORBIDDEN" }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ level: "warn", text: "client refused", code: closeCodes.badToken }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({ level: "warn", text: "connection refused", status: 403 }),
    );
    const all = JSON.stringify(entries);
    for (const secret of [server.token, viewerToken, "a guess, and wrong"]) expect(all).not.toContain(secret);
    expect(all).not.toContain("0.5");
  });

  it("tells of our bugs, with where they happened", async () => {
    const { entries, log } = keptLog();
    const { client, simulation } = await running({ log, report: undefined });
    const bug = new Error("a bug");
    simulation.command = () => Promise.reject(bug);
    await (await client()).request({ op: "cmd", command: { kind: "pause" } });
    expect(entries).toContainEqual({ level: "error", text: "internal error", err: bug });
  });
});
