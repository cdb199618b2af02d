/** What is wrong with the command line or the machine: one line for people. */
export class BenchError extends Error {
  override readonly name = "BenchError";
}
