import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { inRange, named, refuse } from "./ranges.js";

/**
 * Changes a number of a task's own. It holds from the next stimulus that is asked for; the one that is there stays.
 * @throws EddyError INVALID_ARGUMENT for a task or a number that is not there to be changed, or a value out of range
 */
export function changeParameter(
  { net }: Place,
  { task, name, value }: Extract<Intervention, { kind: "parameter" }>,
): void {
  const { door } = named("task", net.running, task);
  const ranges = new Map(Object.entries(door.parameters ?? {}));
  if (ranges.size === 0) {
    const others = [...net.running].filter(([, { door: other }]) => other.parameters).map(([other]) => other);
    throw refuse(
      "task",
      task,
      `a task whose stimuli have numbers to change: ${others.join(", ") || "none here"}`,
    );
  }
  const { least, most } = named("name", ranges, name);
  inRange("value", value, least, most);
  const { taskParameters } = net.state;
  taskParameters.set(task, { ...taskParameters.get(task), [name]: value });
}
