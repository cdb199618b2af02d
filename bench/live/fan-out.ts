// figure: 1,000 clients x 10 kB x 20 Hz: latency, losses, late ticks of the simulation
import { parseArgs } from "node:util";
import { figureText, measureLoad } from "./parts/load.js";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    seconds: { type: "string", default: "20" },
    modules: { type: "string", default: "4" },
  },
});
const figures = await measureLoad({
  clients: Number(values.clients),
  stalled: 0,
  seconds: Number(values.seconds),
  modules: Number(values.modules),
});
console.log(figureText(figures));
