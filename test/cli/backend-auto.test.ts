import { describe, expect, it } from "vitest";
import { runEddy } from "../child-process.js";
import { refused } from "./refused.js";

const live = ["run", "--headless", "--backend", "auto", "--ticks", "22"];
const training = [
  "train",
  "--task",
  "gabor",
  "--backend",
  "auto",
  "--epochs",
  "1",
  "-p",
  "network.neurons=32",
];
const lines = (text: string) => text.trim().split("\n");

describe("--backend auto", () => {
  it.each([[live], [training]])("tells people what was chosen and why: %j", async (args) => {
    const { code, stdout, stderr } = await runEddy(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^backend \w+, chosen by the time of a (tick at batch 1|learning step at batch 500): /m,
    );
    expect(stdout).toMatch(/^(ended at tick 22|epoch 1\/1)/);
  });

  it("tells programs in the first line", async () => {
    const { stdout } = await runEddy([...training, "--json"]);
    const [{ choice }, epoch] = lines(stdout).map((line) => JSON.parse(line));
    expect(choice.measured.map(({ name }: { name: string }) => name)).toContain(choice.backend);
    expect(epoch.backend).toBe(choice.backend);
    const run = await runEddy([...live, "--json"]);
    const [first, ...others] = lines(run.stdout).map((line) => JSON.parse(line));
    expect(first.choice.unit).toBe("tick");
    expect(others.at(-1)).toMatchObject({ ended: true, tick: 22 });
  });

  it("is refused where there is no run to measure", async () => {
    expect(await refused(["verify", "test/golden/ste-2x64.json", "--backend", "auto"])).toMatch(
      /backend "auto" is chosen by measuring a run \(eddy run, eddy train\); here needed is one of \w+, /,
    );
  });
});
