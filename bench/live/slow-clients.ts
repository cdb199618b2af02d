// figure: 600 clients, without and with a tenth of them stalled: latency of the others, memory
import { parseArgs } from "node:util";
import { figureText, measureLoad } from "./parts/load.js";

const { values } = parseArgs({
  options: { clients: { type: "string", default: "600" }, seconds: { type: "string", default: "30" } },
});
const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
const without = await measureLoad({ clients, stalled: 0, seconds, modules: 4 });
console.log(figureText(without));
const withStalled = await measureLoad({ clients, stalled: Math.round(clients / 10), seconds, modules: 4 });
console.log(figureText(withStalled));
console.log(
  `p99 of the others: ${(withStalled.p99Ms / without.p99Ms).toFixed(2)} times that without stalled clients`,
);
