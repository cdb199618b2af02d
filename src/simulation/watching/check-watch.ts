import { EddyError } from "../../errors.js";
import type { Topic, Watch } from "../simulation.js";

/** Values of weights that one frame may carry. */
const weightValuesMax = 65_536;
const componentsMax = 16;
const binsMax = 4096;
const windowTicksMax = 100_000;
const hz = { least: 0.001, most: 100_000 };

const whole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** How many units a watch chooses. */
const chosenOf = ({ units }: Watch, size: number): number =>
  units ? Math.ceil((units.end - units.start) / units.every) : size;

/** @throws EddyError INVALID_ARGUMENT */
function refuse({ topic }: Watch, field: string, given: unknown, needed: string): never {
  throw new EddyError(
    "INVALID_ARGUMENT",
    `watch of ${topic}: ${field} is ${JSON.stringify(given)}, needed ${needed}`,
  );
}

const lists = (range: readonly number[] | undefined): boolean =>
  range?.length === 2 && range.every(Number.isFinite) && range[0] < range[1];

function checkReduction(watch: Watch, chosen: number): void {
  const { reduce, topic } = watch;
  switch (reduce?.kind) {
    case undefined:
      return;
    case "components": {
      if (topic.startsWith("weights/")) refuse(watch, "reduce", reduce, "a histogram or bytes of weights");
      const most = Math.min(componentsMax, chosen);
      if (!whole(reduce.count, 1, most))
        refuse(watch, "reduce.count", reduce.count, `1 to ${most} components`);
      return;
    }
    case "histogram":
      if (!whole(reduce.bins, 1, binsMax)) refuse(watch, "reduce.bins", reduce.bins, `1 to ${binsMax}`);
      if (!lists(reduce.range)) refuse(watch, "reduce.range", reduce.range, "two numbers, the lower first");
      return;
    case "bytes":
      if (!lists(reduce.range)) refuse(watch, "reduce.range", reduce.range, "two numbers, the lower first");
      return;
    default:
      refuse(watch, "reduce", reduce, "components, a histogram or bytes");
  }
}

function checkTensor(watch: Watch, size: number, batch: number): void {
  const { topic, units, row, reduce, window } = watch;
  const slice =
    !units ||
    (whole(units.end, 1, size) && whole(units.start, 0, units.end - 1) && whole(units.every, 1, size));
  if (!slice) refuse(watch, "units", units, `start < end <= ${size}, every n-th from 1`);
  if (row !== undefined && (topic.startsWith("weights/") || topic.startsWith("residual/")))
    refuse(watch, "row", row, "none: it has no batch");
  if (row !== undefined && row !== "mean" && !whole(row, 0, batch - 1))
    refuse(watch, "row", row, `"mean" or a row of the batch, 0 to ${batch - 1}`);
  if (window) refuse(watch, "window", window, "none: only lanes have one");
  const chosen = chosenOf(watch, size);
  if (topic.startsWith("weights/") && reduce?.kind !== "histogram" && chosen > weightValuesMax) {
    const given = units ?? `all ${size} values`;
    refuse(watch, "units", given, `a slice of at most ${weightValuesMax} values, or a histogram (reduce)`);
  }
  checkReduction(watch, chosen);
}

function checkRecord(watch: Watch, { payload, topic }: Topic): void {
  const { every, hzMax, units, row, reduce, window } = watch;
  if (units !== undefined || row !== undefined)
    refuse(watch, "units or row", units ?? row, "none for a record");
  if (reduce) refuse(watch, "reduce", reduce, "none for a record");
  if (every !== 1) refuse(watch, "every", every, "1 for a record");
  if (payload === "record") {
    if (window) refuse(watch, "window", window, "none: only lanes have one");
    if (hzMax !== undefined && !topic.startsWith("metrics/"))
      refuse(watch, "hzMax", hzMax, "none: each of these records is told");
    return;
  }
  if (window && !whole(window.ticks, 1, windowTicksMax))
    refuse(watch, "window.ticks", window.ticks, `1 to ${windowTicksMax}`);
  if (window?.end !== undefined && !whole(window.end, 0, Number.MAX_SAFE_INTEGER))
    refuse(watch, "window.end", window.end, "a tick");
}

/**
 * @param batch rows of a tensor
 * @throws EddyError INVALID_ARGUMENT unless there is something to watch
 */
export function checkWatch(topics: readonly Topic[], batch: number, watch: Watch): void {
  const { topic, every, hzMax } = watch;
  const known = topics.find((candidate) => candidate.topic === topic);
  if (!known) {
    const names = topics.map((candidate) => candidate.topic).join(", ");
    throw new EddyError("INVALID_ARGUMENT", `watch: there is no topic "${topic}"; there are ${names}`);
  }
  if (!whole(every, 1, Number.MAX_SAFE_INTEGER)) refuse(watch, "every", every, "a whole number from 1");
  if (hzMax !== undefined && !(hzMax >= hz.least && hzMax <= hz.most))
    refuse(watch, "hzMax", hzMax, `${hz.least} to ${hz.most} frames a second`);
  if (known.payload === "tensor") checkTensor(watch, known.units ?? 0, batch);
  else checkRecord(watch, known);
}
