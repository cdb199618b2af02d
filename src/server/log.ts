/** Where the server says what happens, in the form of pino's loggers: fields, then what they are about. */
export interface ServerLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Says nothing but what is wrong. */
export const errorsOnly: ServerLog = {
  debug() {},
  info() {},
  warn() {},
  error: (fields, text) => console.error(text, fields),
};
