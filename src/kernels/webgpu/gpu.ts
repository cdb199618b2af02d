import { EddyError, invariant } from "../../errors.js";
import { described, findAdapter, type WebgpuAdapter, type WebgpuOptions } from "./adapter.js";
import type { Program } from "./program.js";

/** A compiled program and the layout of its bindings. */
export interface Pipeline {
  readonly id: number;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** What a shader stage may see of a buffer, by WebGPU's own numbers: only browsers have them as globals. */
const computeStage = 4;

/**
 * A device with its compiled programs, and whether it still works. All kernels of a process share one, since
 * compiling takes longer than most of what they compute.
 */
export class Gpu {
  readonly #pipelines = new Map<Program, Pipeline>();
  readonly #mourners = new Set<(error: EddyError) => void>();
  #failure: Error | null = null;

  private constructor(
    readonly device: GPUDevice,
    readonly adapter: WebgpuAdapter,
  ) {
    void device.lost.then((info) => this.#lost(info));
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail(failureOf(event.error, adapter));
    });
  }

  /** @throws EddyError BACKEND_UNAVAILABLE */
  static async open(options: WebgpuOptions = []): Promise<Gpu> {
    const adapter = await findAdapter(options);
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    try {
      const device = await adapter.requestDevice({
        // the defaults, 256 and 128 MiB, would refuse the dense matrix of 6,000 neurons
        requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
      });
      return new Gpu(device, described(adapter));
    } catch (error) {
      const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
      throw new EddyError(
        "BACKEND_UNAVAILABLE",
        `backend "webgpu" is not available: ${described(adapter).description} gives no device (${why}); choose ` +
          "another backend",
        { cause: error },
      );
    }
  }

  /** Largest buffer that a program can use, in bytes. */
  get largestBuffer(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  get works(): boolean {
    return this.#failure === null;
  }

  /**
   * Calls back when the device is lost or out of memory, at once if it is already.
   * @returns what takes the wish back
   */
  onLost(told: (error: EddyError) => void): () => void {
    if (this.#failure instanceof EddyError) told(this.#failure);
    this.#mourners.add(told);
    return () => this.#mourners.delete(told);
  }

  /** @throws EddyError DEVICE_LOST, LIMIT_EXCEEDED when the device is not what it was any more */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Why work that was under way broke off. */
  async whyBroken(cause: unknown): Promise<Error> {
    // a mapping is refused a moment before the loss itself is told; and should it never be told, nobody waits for it
    const second = new Promise((resolve) => setTimeout(resolve, 1000));
    if (!this.#failure) await Promise.race([this.device.lost, second]);
    return this.#failure ?? new Error("the GPU gave up work that was under way", { cause });
  }

  /** A program compiled, at its first use. */
  pipeline(program: Program): Pipeline {
    const present = this.#pipelines.get(program);
    if (present) return present;
    const { device } = this;
    const label = program.name;
    const layout = device.createBindGroupLayout({
      label,
      entries: [
        { binding: 0, visibility: computeStage, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...program.buffers.map(([, access], index) => ({
          binding: index + 1,
          visibility: computeStage,
          buffer: { type: access === "read" ? ("read-only-storage" as const) : ("storage" as const) },
        })),
      ],
    });
    const compiled = {
      id: this.#pipelines.size,
      layout,
      pipeline: device.createComputePipeline({
        label,
        layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module: device.createShaderModule({ label, code: program.code }), entryPoint: "main" },
      }),
    };
    this.#pipelines.set(program, compiled);
    return compiled;
  }

  #lost({ reason, message }: GPUDeviceLostInfo): void {
    const why = message.split("\n")[0] || reason || "no reason given";
    this.#fail(
      new EddyError(
        "DEVICE_LOST",
        `backend "webgpu": ${this.adapter.description} was lost (${why}); open the backend again, or choose another`,
      ),
    );
  }

  /** The first failure stays: what comes after follows from it. */
  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    if (error instanceof EddyError) for (const told of this.#mourners) told(error);
  }
}

function failureOf(error: GPUError, { description }: WebgpuAdapter): Error {
  const why = error.message.split("\n")[0];
  if (error.constructor.name === "GPUOutOfMemoryError") {
    return new EddyError(
      "LIMIT_EXCEEDED",
      `backend "webgpu": ${description} is out of memory (${why}); take fewer neurons or smaller batches`,
    );
  }
  return new Error(`invariant broken: WebGPU refused a call: ${why}`);
}

let shared: Promise<Gpu> | null = null;

/**
 * The device of this process, opened at the first call and anew after a loss or an out-of-memory, which ends the old one.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export async function sharedGpu(): Promise<Gpu> {
  shared ??= Gpu.open();
  const opening = shared;
  try {
    const gpu = await opening;
    if (gpu.works) return gpu;
    // nobody can use it any more, and what it holds may be all the memory that there is
    gpu.device.destroy();
  } catch (error) {
    if (shared === opening) shared = null;
    throw error;
  }
  if (shared === opening) shared = Gpu.open();
  invariant(shared, "another call is opening the device");
  return shared;
}
