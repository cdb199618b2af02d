const given = Number.parseInt(process.env.EDDY_TEST_SEED ?? "", 10);

/** Runs of a property from a seed that is the same every time, or that EDDY_TEST_SEED gives. Failures print it. */
export const seeded = (numRuns: number): { numRuns: number; seed: number } => ({
  numRuns,
  seed: Number.isNaN(given) ? 20_251 : given,
});
