import { EddyError } from "../../../src/errors.js";
import { webgpuAdapter } from "../../../src/kernels/webgpu/adapter.js";

/** Why WebGPU has no device here, or null: what needs one is skipped then, by that name. */
export const noDevice: string | null = await webgpuAdapter().then(
  () => null,
  (error) => {
    if (error instanceof EddyError && error.code === "BACKEND_UNAVAILABLE") return error.message;
    throw error;
  },
);
