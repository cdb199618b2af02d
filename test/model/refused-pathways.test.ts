import { describe } from "vitest";
import { blocks, type Refused, refuses } from "./wrong-networks.js";

const pathways: readonly Refused[] = [
  ["forward.1.target", "m9.RI", `network.forward.1.target: given "m9.RI", needed ${blocks}`],
  ["forward.1.target", "m2", `network.forward.1.target: given "m2", needed ${blocks}`],
  ["forward.1.target", "m2.RI.0", `network.forward.1.target: given "m2.RI.0", needed ${blocks}`],
  ["forward.1.target", "x", `network.forward.1.target: given "x", needed ${blocks}`],
  [
    "forward.1.target",
    "m2.XX",
    'network.forward.1.target: given "m2.XX", needed a block of m2: "RI", "SI", "RE", "SE"',
  ],
  [
    "forward.0.source",
    "y",
    'network.forward.0.source: given "y", needed an input ("x") or a block as "m1.SI"',
  ],
  ["forward.1.source", "m9.SI", `network.forward.1.source: given "m9.SI", needed ${blocks}`],
  ["forward.1.source", null, "network.forward.1.source: given null, needed a text"],
  [
    "errorPathways.0.source",
    "error(gone)",
    'network.errorPathways.0.source: given "error(gone)", needed a readout ("out") or a block as "error(m2.SE)"',
  ],
  [
    "errorPathways.0.source",
    "out",
    'network.errorPathways.0.source: given "out", needed "error(READOUT)" or a block\'s error as "error(m2.SE)"',
  ],
  [
    "errorPathways.0.source",
    "error(m2.XX)",
    'network.errorPathways.0.source: given "error(m2.XX)", needed a block of m2: "RI", "SI", "RE", "SE"',
  ],
  ["errorPathways.1.target", "out", `network.errorPathways.1.target: given "out", needed ${blocks}`],
  ["readouts.out.sources", [], "network.readouts.out.sources: given [], needed a list of at least 1 entries"],
  ["readouts.out.sources.0", 5, "network.readouts.out.sources.0: given 5, needed a text or an object"],
  ["readouts.out.sources.0", "m9.SI", `network.readouts.out.sources.0: given "m9.SI", needed ${blocks}`],
  [
    "readouts.out.sources",
    ["m2.SI", "m2.SE"],
    'network.readouts.out.sources.1.id: given "m2->out", needed an id that no other pathway has; give each its own',
  ],
  ["forward.0.delay", 0, "network.forward.0.delay: given 0, needed a number >= 1"],
  ["forward.0.delay", 1.5, "network.forward.0.delay: given 1.5, needed a whole number"],
  ["forward.0.delay", 1e12, "network.forward.0.delay: given 1000000000000, needed a number <= 1000"],
  ["forward.0.gate", -0.1, "network.forward.0.gate: given -0.1, needed a number in [0, 1]"],
  ["errorPathways.0.gate", 1.1, "network.errorPathways.0.gate: given 1.1, needed a number in [0, 1]"],
  ["forward.0.gate", "1", 'network.forward.0.gate: given "1", needed a number in [0, 1]'],
  ["forward.0.plastic", "yes", 'network.forward.0.plastic: given "yes", needed true or false'],
  [
    "forward.1.id",
    "x->m1",
    'network.forward.1.id: given "x->m1", needed an id that no other pathway has; give each its own',
  ],
  [
    "errorPathways.0.id",
    "m1->m2",
    'network.errorPathways.0.id: given "m1->m2", needed an id that no other pathway has; give each its own',
  ],
  [
    "forward.0.id",
    "m2.W",
    "network.forward.0.id: given \"m2.W\", needed an id that names no module's or readout's numbers",
  ],
  [
    "forward.0.id",
    "m1.b",
    "network.forward.0.id: given \"m1.b\", needed an id that names no module's or readout's numbers",
  ],
  [
    "forward.0.id",
    "out.b",
    "network.forward.0.id: given \"out.b\", needed an id that names no module's or readout's numbers",
  ],
  ["forward.0.id", "", 'network.forward.0.id: given "", needed a text of at least 1 characters'],
  ["forward.0.id", "__proto__", 'network.forward.0.id: given "__proto__", needed another name'],
  ["forward.0.weights", 3, "network.forward.0.weights: given 3, needed an object"],
  ["forward.0.weights", { shares: 5 }, "network.forward.0.weights.shares: given 5, needed a text"],
  [
    "forward.0.weights",
    { distribution: "uniform", bound: -1 },
    "network.forward.0.weights.bound: given -1, needed a number > 0",
  ],
  [
    "errorPathways.1.weights",
    { shares: "x->m1" },
    'network.errorPathways.1.weights.shares: given "x->m1", needed weights of shape [2,2], they have [4,2]',
  ],
  [
    "errorPathways.0.weights",
    { shares: "x->m1", transposed: true },
    'network.errorPathways.0.weights.shares: given "x->m1", needed weights of shape [2,3], they have [4,2]',
  ],
  [
    "errorPathways.0.weights",
    { shares: "gone" },
    'network.errorPathways.0.weights.shares: given "gone", needed a pathway with weights of its own: "x->m1", "m1->m2", "m2->out", "error(m2)->m1"',
  ],
  [
    "forward.0.weights",
    { shares: "x->m1" },
    'network.forward.0.weights.shares: given "x->m1", needed a pathway with weights of its own: "m1->m2", "m2->out", "error(out)->m2", "error(m2)->m1"',
  ],
];

describe("wrong pathways are refused", () => refuses(pathways));
