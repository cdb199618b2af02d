import type { Kernels } from "../../../src/kernels/kernels.js";
import { openSimdInBrowser } from "../../../src/kernels/simd/open-in-browser.js";
import { runLearn, runReadout, runSettle } from "../run-case.js";
import { largeLearn, largeReadout, largeSettle } from "./large-cases.js";

/** Settles, reads out and learns. @returns the bits of all results */
export async function bitsOfAll(kernels: Kernels): Promise<number[][]> {
  const results: Float32Array[] = [];
  for (const batch of [1, 20]) {
    const sizes = { neurons: 300, density: 0.22, batch, demand: "report", fromZero: false } as const;
    const { state, report } = await runSettle(kernels, largeSettle(1, sizes));
    results.push(state, ...(report ? [report] : []));
    results.push(await runReadout(kernels, largeReadout(2, batch)));
  }
  results.push(...(await runLearn(kernels, largeLearn(3, "adam"))));
  return results.map((numbers) => Array.from(new Uint32Array(numbers.slice().buffer)));
}

/** What the page does. */
export async function inBrowser(url: string): Promise<number[][]> {
  const kernels = await openSimdInBrowser(await fetch(url));
  const bits = await bitsOfAll(kernels);
  kernels.close();
  return bits;
}
