import type { Slot } from "./buffers.js";
import type { Gpu, Pipeline } from "./gpu.js";
import type { Program } from "./program.js";

/** WebGPU's own numbers: UNIFORM and COPY_DST. */
const uniformUsage = 0x40 | 0x8;

/** A submission has at most so many dispatches: the device then works while the next ones are recorded. */
const dispatchesMax = 128;

/** Known sets of bindings; a steady tick has a few dozen. */
const bindGroupsMax = 4096;

/** Workgroups along one axis of a dispatch: what every device allows. */
export const workgroupsMax = 65_535;

/**
 * Records work and submits it: at the end of the synchronous run in which it was recorded, when it has grown long, or
 * before an upload would overtake it. Parameters lie in one uniform buffer, each dispatch's at its own offset, written
 * once a submission; the queue's order makes it safe to begin at the front again.
 */
export class Commands {
  readonly #gpu: Gpu;
  readonly #submitted: () => void;
  readonly #uniforms: GPUBuffer;
  readonly #stride: number;
  readonly #mirror: ArrayBuffer;
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  /** of the pass that is open */
  #current: Pipeline | null = null;
  #dispatches = 0;
  #submission = 0;
  #scheduled = false;

  /** @param submitted is called after each submission */
  constructor(gpu: Gpu, submitted: () => void) {
    this.#gpu = gpu;
    this.#submitted = submitted;
    this.#stride = Math.max(256, gpu.device.limits.minUniformBufferOffsetAlignment);
    this.#mirror = new ArrayBuffer(this.#stride * dispatchesMax);
    this.#words = new Uint32Array(this.#mirror);
    this.#floats = new Float32Array(this.#mirror);
    this.#uniforms = gpu.device.createBuffer({ size: this.#mirror.byteLength, usage: uniformUsage });
  }

  /** Records a program over its buffers, with so many workgroups. */
  dispatch<Parameter extends string, Buffer extends string>(
    program: Program<Parameter, Buffer>,
    parameters: Readonly<Record<Parameter, number>>,
    buffers: Readonly<Record<Buffer, Slot>>,
    [across, down]: readonly [across: number, down: number],
  ): void {
    if (across === 0 || down === 0) return;
    const pipeline = this.#gpu.pipeline(program);
    const offset = this.#dispatches * this.#stride;
    let word = offset / 4;
    for (const [name, type] of program.parameters) {
      if (type === "f32") this.#floats[word++] = parameters[name];
      else this.#words[word++] = parameters[name];
    }
    const slots = program.buffers.map(([name]) => buffers[name]);
    for (const slot of slots) slot.usedIn = this.#submission;
    this.#pass ??= this.#open().beginComputePass();
    if (this.#current !== pipeline) this.#pass.setPipeline(pipeline.pipeline);
    this.#current = pipeline;
    this.#pass.setBindGroup(0, this.#bindGroup(pipeline, slots), [offset]);
    this.#pass.dispatchWorkgroups(across, down);
    this.#dispatches++;
    if (this.#dispatches === dispatchesMax) this.flush();
  }

  /** Records a copy of the first `bytes` bytes. */
  copy(from: Slot, to: Slot, bytes: number): void {
    to.usedIn = this.#submission;
    this.copyOut(from, to.buffer, bytes);
  }

  /** Records a copy into a buffer that is no slot. */
  copyOut(from: Slot, to: GPUBuffer, bytes: number): void {
    from.usedIn = this.#submission;
    this.#between().copyBufferToBuffer(from.buffer, 0, to, 0, bytes);
  }

  /** Records zeros. */
  clear(slot: Slot): void {
    slot.usedIn = this.#submission;
    this.#between().clearBuffer(slot.buffer);
  }

  /** Uploads data; work recorded before it still sees what was there. */
  upload(slot: Slot, data: Float32Array | Uint32Array): void {
    if (slot.usedIn === this.#submission) this.flush();
    this.#gpu.device.queue.writeBuffer(slot.buffer, 0, data as GPUAllowSharedBufferSource);
  }

  /** Submits what was recorded. */
  flush(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    const { queue } = this.#gpu.device;
    if (this.#dispatches > 0) {
      queue.writeBuffer(this.#uniforms, 0, this.#mirror, 0, this.#dispatches * this.#stride);
    }
    queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#pass = null;
    this.#current = null;
    this.#dispatches = 0;
    this.#submission++;
    this.#submitted();
  }

  /** To be called before a buffer is destroyed. */
  forget(): void {
    this.flush();
    this.#bindGroups.clear();
  }

  /** Submits what was recorded, and frees what is its own. */
  close(): void {
    this.forget();
    this.#uniforms.destroy();
  }

  #open(): GPUCommandEncoder {
    if (this.#encoder) return this.#encoder;
    this.#encoder = this.#gpu.device.createCommandEncoder();
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
    return this.#encoder;
  }

  /** The encoder outside of a pass. */
  #between(): GPUCommandEncoder {
    const encoder = this.#open();
    this.#pass?.end();
    this.#pass = null;
    this.#current = null;
    return encoder;
  }

  #bindGroup({ id, layout }: Pipeline, slots: readonly Slot[]): GPUBindGroup {
    let key = `${id}`;
    for (const slot of slots) key += `,${slot.id}`;
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size === bindGroupsMax) this.#bindGroups.clear();
    const group = this.#gpu.device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.#uniforms, offset: 0, size: this.#stride } },
        ...slots.map(({ buffer }, index) => ({ binding: index + 1, resource: { buffer } })),
      ],
    });
    this.#bindGroups.set(key, group);
    return group;
  }
}
