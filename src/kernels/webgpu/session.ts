import type { Handles } from "../handles.js";
import type { Slot } from "./buffers.js";
import type { DeviceMatrix } from "./matrix.js";
import type { Queue } from "./queue.js";

export type DeviceHandles = Handles<Slot, DeviceMatrix>;

/** One backend's queue and the handles on it. */
export interface Session {
  readonly queue: Queue;
  readonly handles: DeviceHandles;
}
