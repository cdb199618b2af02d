/** Eddy's client for programs and pages: see `connect`. */
export { backOffMs } from "./back-off.js";
