import { execFile, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { variants } from "./engines.js";

const run = promisify(execFile);
const seconds = 2;
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const folder = mkdtempSync(join(tmpdir(), "eddy-fuzz-"));
const sources = join(import.meta.dirname, "../../../src/kernels/simd/c");

// as scripts/build-kernels.mjs compiles, but for the sanitizers
const options = [
  "-std=gnu17",
  "-O1",
  "-g",
  "-ffp-contract=off",
  "-fno-math-errno",
  "-Wall",
  "-Wextra",
  "-Werror",
];

/** How the compiler is told of each kind of code; where there are none, what this processor has at least. */
const processors: Readonly<Record<string, readonly string[]>> = {
  sse42: ["-march=x86-64-v2"],
  avx2: ["-march=x86-64-v3"],
  avx512: ["-march=x86-64-v4"],
  neon: [],
};

const native = variants.filter((variant) => variant in processors);

/** The first compiler that makes a program with this sanitizer that runs here; null when none does. */
function compilerWith(sanitizer: string): string | null {
  const program = join(folder, "empty.c");
  writeFileSync(program, "int main(void) { return 0; }\n");
  const makes = (compiler: string): boolean => {
    const made = spawnSync(compiler, [`-fsanitize=${sanitizer}`, program, "-o", join(folder, "empty")]);
    return made.status === 0 && spawnSync(join(folder, "empty")).status === 0;
  };
  return ["cc", "gcc", "clang"].find(makes) ?? null;
}

async function compile(compiler: string, sanitizer: string, variant: string): Promise<string> {
  const program = join(folder, `${variant}-${sanitizer.replace(",", "-")}`);
  const sanitizers = [`-fsanitize=${sanitizer}`, "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
  // gcc notes, on x86, that vectors are passed otherwise than before it was version 4.6
  const quiet = arch() === "x64" ? ["-Wno-psabi"] : [];
  const files = ["-pthread", `-I${sources}`, join(import.meta.dirname, "fuzz.c"), "-lm", "-o", program];
  await run(compiler, [...options, ...quiet, ...processors[variant], ...sanitizers, ...files]);
  return program;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["address,undefined", "thread"])("the C kernels under -fsanitize=%s", (sanitizer) => {
  const compiler = native.length > 0 ? compilerWith(sanitizer) : null;
  const why = compiler ? `FUZZ_SEED=${seed}` : "no C compiler that has it";

  it.skipIf(!compiler).each(native)(
    `keep to double precision and to their memory in %s (${why})`,
    { timeout: 120_000 },
    async (variant) => {
      const program = await compile(compiler ?? "", sanitizer, variant);
      console.log(`${variant}, -fsanitize=${sanitizer}: FUZZ_SEED=${seed}`);
      const { stdout, stderr } = await run(program, [String(seed), String(seconds)], { timeout: 60_000 });
      expect(stderr).toBe("");
      const [settlings, projections, steps, elementwise, packings, parts] = (stdout.match(/\d+/g) ?? []).map(
        Number,
      );
      expect(Math.min(settlings, projections, steps, elementwise, packings)).toBeGreaterThan(0);
      expect(parts, "parts that threads shared").toBeGreaterThan(0);
    },
  );
});
