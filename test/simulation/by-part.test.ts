import { describe, expect, it } from "vitest";
import type { Command } from "../../src/simulation/command.js";
import { running } from "./running.js";

describe("a command for which a simulation has no part", () => {
  it.each<[command: Command, message: RegExp]>([
    [
      { kind: "checkpoint" },
      /^checkpoint: this simulation keeps no checkpoints; start it with --checkpoints FOLDER/,
    ],
    [
      { kind: "record", name: "a", topics: [], hashes: "phases" },
      /^record: this simulation makes no recordings; start it with --recordings FOLDER/,
    ],
    [{ kind: "stopRecording" }, /^stopRecording: this simulation makes no recordings/],
    [{ kind: "branch", name: "a", checkpoint: null, changes: [] }, /^branch: this simulation has no twins/],
    [{ kind: "endBranch", name: "a" }, /^endBranch: this simulation has no twins/],
    [{ kind: "disarm", name: "a" }, /^disarm: this simulation sets no alarms/],
  ])("is refused with what would have it: %j", async (command, message) => {
    const { simulation } = await running();
    await expect(simulation.command(command)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it("is told from one that there is not, whose refusal lists all that clients may ask for", async () => {
    const { simulation } = await running();
    const misspelt = JSON.parse('{"kind": "chekpoint"}');
    const error: Error = await simulation.command(misspelt).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.message).toMatch(
      /^kind: given "chekpoint", needed one of pause, .*gate, .*checkpoint, record, /,
    );
    expect(error.message).not.toMatch(/quiet/);
  });
});
