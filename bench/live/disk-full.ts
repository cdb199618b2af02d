// figure: a small disk gets full while a simulation is recorded; needs to be root, on Linux
import { parseArgs } from "node:util";
import { fillDisk, fullDiskText, smallDisk } from "./parts/full-disk.js";

const { values } = parseArgs({
  options: {
    mebibytes: { type: "string", default: "24" },
    ticks: { type: "string", default: "20000" },
  },
});
const eddy = new URL("../../../dist/", import.meta.url);
for (const freeBytesMin of [0, 4 * 2 ** 20]) {
  const disk = smallDisk(Number(values.mebibytes));
  if (!disk) {
    console.log("this needs a small disk of its own: run it as root on Linux, where tmpfs can be mounted");
    process.exitCode = 2;
    break;
  }
  try {
    const found = await fillDisk({
      eddy,
      folder: disk.folder,
      ticksMore: Number(values.ticks),
      freeBytesMin,
    });
    console.log(`${values.mebibytes} MiB, ${freeBytesMin} bytes kept free: ${fullDiskText(found)}`);
  } finally {
    disk.release();
  }
}
