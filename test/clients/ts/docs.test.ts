import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../../../src/server/server.js";
import { gaborScene } from "../../../src/simulation/built-in-runs.js";
import { simulate } from "../../../src/simulation/simulate.js";
import { root } from "../../built.js";
import { startNode } from "../../child-process.js";
import { closeLater } from "./running.js";

describe("docs/clients.md", () => {
  it("has a program that runs", async () => {
    const text = readFileSync(join(root, "docs/clients.md"), "utf8");
    const program = /```js\n(import \{ connect \}[\s\S]*?)```/.exec(text)?.[1] ?? "";
    expect(program).toContain("connect(");
    const simulation = await simulate(gaborScene, { paused: true });
    closeLater(() => simulation.close());
    const server = await serve({ simulation });
    closeLater(() => server.close());
    const { code, stdout, stderr } = await startNode(["--input-type=module", "--eval", program], {
      env: { EDDY_URL: server.url },
    }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${simulation.info.name} [ 'm1', 'm2' ]`);
    expect(stdout).toContain("gate set before tick true");
    expect(simulation.status().gates["m1->m2"]).toBe(0.5);
  });
});
