import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, serve } from "../../src/server/server.js";
import { ScriptedSimulation } from "./scripted-simulation.js";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eddy-static-"));
  const page = join(folder, "page");
  await mkdir(join(page, "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "page-secret.txt"), "secret");
  await writeFile(join(page, "index.html"), "<!doctype html>");
  await writeFile(join(page, ".env"), "secret");
  await writeFile(join(page, "assets", "index-Ab3dEf9h.js"), "export {};");
  await writeFile(join(page, "icon.svg"), "<svg/>");
  await symlink(join(folder, "secret.txt"), join(page, "link.txt"));
  server = await serve({ simulation: new ScriptedSimulation(), assets: page });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Sends the path as it is; clients of a higher level would tidy it up. */
function get(path: string, method = "GET"): Promise<Answer> {
  const { host, port } = server.address;
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, method }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("static files", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "<!doctype html>"],
    ["/?a=b", "text/html; charset=utf-8", "<!doctype html>"],
    ["/index.html", "text/html; charset=utf-8", "<!doctype html>"],
    ["/assets/index-Ab3dEf9h.js", "text/javascript; charset=utf-8", "export {};"],
    ["/icon.svg", "image/svg+xml", "<svg/>"],
  ])("%s is served as %s", async (path, type, body) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });

  it("are kept by browsers only when their name carries a hash", async () => {
    expect((await get("/assets/index-Ab3dEf9h.js")).headers["cache-control"]).toContain("immutable");
    expect((await get("/")).headers["cache-control"]).toBe("no-cache");
  });

  it("are sent without a body to HEAD, and not at all to POST", async () => {
    expect(await get("/", "HEAD")).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "15" },
    });
    expect(await get("/", "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
  });

  it.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/assets/../../secret.txt",
    "/..\\secret.txt",
    "/%5c..%5csecret.txt",
    "/../page-secret.txt",
    "//etc/passwd",
    "/index.html%00.js",
    "/.env",
    "/link.txt",
    "/assets",
    "/assets/",
    "/nothing.html",
  ])("do not include %s", async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain("secret");
  });

  it("answer 400 to a path that is none", async () => {
    expect((await get("/%zz")).status).toBe(400);
    expect((await get("/%ff")).status).toBe(400);
  });

  it("never leave their folder, whatever the path", async () => {
    const part = fc.constantFrom(
      "..",
      "%2e%2e",
      "%2f",
      "/",
      "\\",
      "%5c",
      "secret.txt",
      "page",
      "assets",
      ".",
      "%00",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const answer = await get(`/${parts.join("")}`);
        expect([200, 400, 404]).toContain(answer.status);
        expect(answer.body).not.toContain("secret");
      }),
      { numRuns: 300 },
    );
  });

  it("need a folder that is there", async () => {
    const simulation = new ScriptedSimulation();
    await expect(serve({ simulation, assets: join(folder, "none") })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await expect(serve({ simulation, assets: join(folder, "secret.txt") })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
  });

  it("are not there without a folder", async () => {
    const bare = await serve({ simulation: new ScriptedSimulation() });
    try {
      const answer = await fetch(`http://127.0.0.1:${bare.address.port}/`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("no page");
    } finally {
      await bare.close();
    }
  });
});
