export { version } from "../simulation/version.js";
