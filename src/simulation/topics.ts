import { EddyError } from "../errors.js";
import type { Network } from "../model/network.js";
import type { Topic, Watch } from "./simulation.js";

/** Everything of a network that can be watched. */
export function topicsOf({ modules, readouts, tasks }: Network): Topic[] {
  const tensor = (topic: string, units: number): Topic => ({ topic, payload: "tensor", units });
  return [
    ...[...modules.values()].flatMap(({ name, neurons }) =>
      ["state", "drive", "error"].map((what) => tensor(`${what}/${name}`, neurons)),
    ),
    ...[...readouts.values()].map(({ name, size }) => tensor(`output/${name}`, size)),
    ...[...tasks.keys()].map((task): Topic => ({ topic: `metrics/${task}`, payload: "record" })),
    { topic: "events", payload: "record" },
  ];
}

const whole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** @throws EddyError INVALID_ARGUMENT unless there is something to watch */
export function checkWatch(
  topics: readonly Topic[],
  batch: number,
  { topic, every, units, row }: Watch,
): void {
  const refuse = (field: string, given: unknown, needed: string) => {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `watch of ${topic}: ${field} is ${JSON.stringify(given)}, needed ${needed}`,
    );
  };
  const known = topics.find((candidate) => candidate.topic === topic);
  if (!known) {
    const names = topics.map((candidate) => candidate.topic).join(", ");
    throw new EddyError("INVALID_ARGUMENT", `watch: there is no topic "${topic}"; there are ${names}`);
  }
  if (!whole(every, 1, Number.MAX_SAFE_INTEGER)) refuse("every", every, "a whole number from 1");
  if (known.units === undefined) {
    if (units !== undefined || row !== undefined) refuse("units or row", units ?? row, "none for a record");
    return;
  }
  if (
    units &&
    !(
      whole(units.end, 1, known.units) &&
      whole(units.start, 0, units.end - 1) &&
      whole(units.every, 1, known.units)
    )
  ) {
    refuse("units", units, `start < end <= ${known.units}, every n-th from 1`);
  }
  if (row !== undefined && row !== "mean" && !whole(row, 0, batch - 1)) {
    refuse("row", row, `"mean" or a row of the batch, 0 to ${batch - 1}`);
  }
}
