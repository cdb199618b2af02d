/** What the command line's exit status says. */
export const exitCodes = {
  done: 0,
  /** what was asked for ran, and the answer is no: a case over tolerance */
  failed: 1,
  /** bad input, no command at all (which prints the help), or an environment that lacks something */
  refused: 2,
  /** Ctrl-C, as shells count it: 128 + SIGINT */
  interrupted: 130,
} as const;
