import { EddyError } from "../../errors.js";
import type { StateSnapshot } from "../state-snapshot.js";

/** @throws EddyError NOT_FINITE that names the first tensor with something that is no number any more */
export function checkFinite({ tensors, scalars: { tick } }: StateSnapshot): void {
  for (const [name, { data }] of tensors) {
    // a sum over all: NaN and infinities survive it
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
    if (sum !== 0) {
      const at = data.findIndex((value) => !Number.isFinite(value));
      throw new EddyError(
        "NOT_FINITE",
        `${name}[${at}] is ${data[at]} at tick ${tick}: no checkpoint is written of it; the one before, if any, stays`,
      );
    }
  }
}
