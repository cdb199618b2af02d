import { availableBackends, type BackendName } from "../../src/kernels/backends.js";

const found = await availableBackends();

/** Backends that compute with tfjs, and whether each opens here: what does not is skipped by name. */
export const tfjsBackends = found.filter(({ name }) => name !== "reference");

/** All backends that open here. */
export const openBackends: readonly BackendName[] = found
  .filter(({ available }) => available)
  .map(({ name }) => name);
