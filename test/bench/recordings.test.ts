import { afterAll, describe, expect, it } from "vitest";
import { fillDisk, fullDiskText, smallDisk } from "../../bench/live/parts/full-disk.js";
import { killedRecordings, killedText } from "../../bench/live/parts/killed-recordings.js";
import "../built.js";
import { temporaryFolder } from "../temporary-folder.js";

const eddy = new URL("../../dist/", import.meta.url);

describe("recordings", () => {
  // bench/live/recording-kills.ts is the long form
  it("that are killed at random moments can be read, and replay equally", async () => {
    const result = await killedRecordings({
      eddy,
      folder: temporaryFolder(),
      kills: 4,
      seed: 3,
      python: null,
    });
    expect({ unreadable: result.unreadable, different: result.different }, killedText(result)).toEqual({
      unreadable: [],
      different: [],
    });
    expect(result.hashes).toBeGreaterThan(0);
  });

  // bench/live/disk-full.ts is the long form
  const disk = smallDisk(4);
  afterAll(() => disk?.release());
  it.skipIf(disk === null)(
    "stop when the disk is full; the simulation goes on, the last checkpoint loads",
    async () => {
      const folder = disk?.folder ?? "";
      const found = await fillDisk({ eddy, folder, ticksMore: 500, freeBytesMin: 0 });
      expect(found.reason, fullDiskText(found)).toBe("noSpace");
      expect(found.ticksMore).toBeGreaterThanOrEqual(500);
      expect(found.samples).toBeGreaterThan(1000);
      expect(found.checkpointTick).toBeGreaterThan(0);
    },
  );
});
