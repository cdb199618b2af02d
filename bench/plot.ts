import { readFileSync, writeFileSync } from "node:fs";
import { BenchError } from "./bench-error.js";
import { type Comparison, comparisonSchema } from "./measured.js";
import { comparisonSvg } from "./svg.js";

function read(file: string): Comparison {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new BenchError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
  const checked = comparisonSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new BenchError(
    `${file}: ${issue.path.join(".")}: ${issue.message}; needed what bench/compare writes`,
  );
}

const [from, to, ...more] = process.argv.slice(2);
try {
  if (from === undefined || to === undefined || more.length > 0)
    throw new BenchError("needed two files: bench/plot RESULT.json PLOT.svg");
  writeFileSync(to, comparisonSvg(read(from)));
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  process.stderr.write(`bench/plot: ${error.message}\n`);
  process.exitCode = 2;
}
