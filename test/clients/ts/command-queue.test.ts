import { describe, expect, it, vi } from "vitest";
import { ClientError } from "../../../clients/ts/client-error.js";
import { CommandQueue } from "../../../clients/ts/command-queue.js";
import type { Connection, Pending, Question } from "../../../clients/ts/connection.js";

describe("commands that the server refuses as too fast", () => {
  it("are sent again in their order", async () => {
    vi.useFakeTimers();
    const asked: { readonly gate: number; readonly pending: Pending }[] = [];
    const connection = {
      isOpen: true,
      ask(question: Question, pending: Pending) {
        if (question.op === "cmd" && question.command.kind === "gate")
          asked.push({ gate: question.command.gate, pending });
      },
    } as unknown as Connection;
    const queue = new CommandQueue(() => connection);
    const limits = { commandsPerSecondMax: 20, commandsBurstMax: 40, requestBytesMax: 65_536 };
    queue.welcome({ limits } as Parameters<CommandQueue["welcome"]>[0]);
    const gates = [0.1, 0.2, 0.3];
    const replies = gates.map((gate) => queue.send({ kind: "gate", pathway: "m1->m2", gate }));
    const refused = new ClientError("RATE_LIMITED", "slow down", true);
    for (const { pending } of asked.splice(0)) pending.refuse(refused);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.map(({ gate }) => gate)).toEqual(gates);
    for (const [tick, { pending }] of asked.entries())
      pending.answer({ op: "reply", id: tick, to: "cmd", tick });
    expect(await Promise.all(replies)).toEqual([{ tick: 0 }, { tick: 1 }, { tick: 2 }]);
    vi.useRealTimers();
  });
});
