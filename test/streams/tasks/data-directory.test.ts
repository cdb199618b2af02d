import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dataDirectory } from "../../../src/streams/tasks/data-directory.js";

afterEach(() => vi.unstubAllEnvs());

describe("dataDirectory", () => {
  const cache = join(homedir(), ".cache", "eddy", "data");

  it.each([
    ["the option before all", "/option", "/env", "/xdg", "/option"],
    ["EDDY_DATA before the cache", undefined, "/env", "/xdg", "/env"],
    ["the user's cache folder", undefined, undefined, "/xdg", join("/xdg", "eddy", "data")],
    ["~/.cache when nothing is set", undefined, undefined, undefined, cache],
    ["~/.cache when what is set is empty", "", "", "", cache],
    ["~/.cache when XDG_CACHE_HOME is relative", undefined, undefined, "xdg", cache],
  ])("is %s", (_, option, data, xdg, expected) => {
    vi.stubEnv("EDDY_DATA", data);
    vi.stubEnv("XDG_CACHE_HOME", xdg);
    expect(dataDirectory(option)).toBe(expected);
  });
});
