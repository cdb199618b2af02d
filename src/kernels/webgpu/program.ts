/** A scalar that a program gets with each dispatch. */
type Scalar = "u32" | "f32";

/** Whether a program only reads a buffer, writes it too, or shares it between workgroups while it writes. */
type Access = "read" | "write" | "atomic";

/** What is laid down of a program: the WGSL around its body follows from it. */
interface Outline<Parameter extends string, Buffer extends string> {
  readonly name: string;
  /** come with each dispatch, in this order; `p.NAME` in WGSL */
  readonly parameters: Readonly<Record<Parameter, Scalar>>;
  /** storage buffers in the order of their bindings; `NAME` in WGSL */
  readonly buffers: Readonly<Record<Buffer, Access>>;
  /** elements of buffers that do not hold f32 */
  readonly elements?: Readonly<Partial<Record<Buffer, string>>>;
  /** functions and the entry point `main` */
  readonly body: string;
}

/** A compute shader with the bindings that it wants: binding 0 is the uniform of its parameters. */
export interface Program<Parameter extends string = string, Buffer extends string = string> {
  readonly name: string;
  readonly parameters: readonly (readonly [name: Parameter, type: Scalar])[];
  readonly buffers: readonly (readonly [name: Buffer, access: Access])[];
  readonly code: string;
}

/** Threads of a workgroup, in every program. */
export const threads = 256;

/** The arguments of every entry point. */
export const entry = `@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
)`;

/** Puts a program together. */
export function program<Parameter extends string, Buffer extends string>(
  outline: Outline<Parameter, Buffer>,
): Program<Parameter, Buffer> {
  const parameters = Object.entries(outline.parameters) as [Parameter, Scalar][];
  const buffers = Object.entries(outline.buffers) as [Buffer, Access][];
  const fields = parameters.map(([name, type]) => `  ${name}: ${type},`).join("\n");
  const bindings = buffers.map(([name, access], index) => {
    const element = outline.elements?.[name] ?? (access === "atomic" ? "atomic<u32>" : "f32");
    const mode = access === "read" ? "read" : "read_write";
    return `@group(0) @binding(${index + 1}) var<storage, ${mode}> ${name}: array<${element}>;`;
  });
  const code = [
    `struct Parameters {\n${fields}\n}`,
    "@group(0) @binding(0) var<uniform> p: Parameters;",
    ...bindings,
    outline.body,
  ].join("\n");
  return { name: outline.name, parameters, buffers, code };
}
