import { describe } from "vitest";
import { ids, type Refused, refuses, small } from "./wrong-networks.js";

const range = "[start, end) with start < end, within the module's 8 neurons";

const modules: readonly Refused[] = [
  ["modules", {}, "network.modules: given {}, needed one module or more"],
  ["modules", [], "network.modules: given [], needed an object"],
  ["modules.m1.spectralRadius", 0, "network.modules.m1.spectralRadius: given 0, needed a number > 0"],
  ["modules.m1.spectralRadius", -0.25, "network.modules.m1.spectralRadius: given -0.25, needed a number > 0"],
  [
    "modules.m1.spectralRadius",
    1e9,
    "network.modules.m1.spectralRadius: given 1000000000, needed a number <= 1000",
  ],
  [
    "modules.m1.spectralRadius",
    Number.NaN,
    "network.modules.m1.spectralRadius: given NaN, needed a finite number",
  ],
  [
    "modules.m1.connectionRate",
    -0.1,
    "network.modules.m1.connectionRate: given -0.1, needed a number in [0, 1]",
  ],
  [
    "modules.m1.connectionRate",
    1.01,
    "network.modules.m1.connectionRate: given 1.01, needed a number in [0, 1]",
  ],
  [
    "modules.m1.connectionRate",
    "all",
    'network.modules.m1.connectionRate: given "all", needed a number in [0, 1]',
  ],
  ["modules.m1.neurons", 0, "network.modules.m1.neurons: given 0, needed a number >= 1"],
  ["modules.m1.neurons", 8.5, "network.modules.m1.neurons: given 8.5, needed a whole number"],
  ["modules.m1.neurons", "8", 'network.modules.m1.neurons: given "8", needed a number'],
  ["modules.m1.neurons", 1e300, "network.modules.m1.neurons: given 1e+300, needed a number <= 65536"],
  [
    "modules.m1.neurons",
    3,
    "network.modules.m1.neurons: given 3, needed at least 4, a unit each for RI, SI, RE and SE, or blocks of the module's own",
  ],
  [
    "modules.m1.activation",
    "gelu",
    'network.modules.m1.activation: given "gelu", needed one of "tanh", "sigmoid", "relu", "relu6", "hardSigmoid", "linear", "sign", "clip"',
  ],
  ["modules.m1.blocks", { RI: [0, 9] }, `network.modules.m1.blocks.RI: given [0,9], needed ${range}`],
  ["modules.m1.blocks", { RI: [9, 10] }, `network.modules.m1.blocks.RI: given [9,10], needed ${range}`],
  ["modules.m1.blocks", { RI: [3, 3] }, `network.modules.m1.blocks.RI: given [3,3], needed ${range}`],
  ["modules.m1.blocks", { RI: [5, 3] }, `network.modules.m1.blocks.RI: given [5,3], needed ${range}`],
  ["modules.m1.blocks", { RI: [-1, 3] }, "network.modules.m1.blocks.RI.0: given -1, needed a number >= 0"],
  ["modules.m1.blocks", { RI: [0, 1.5] }, "network.modules.m1.blocks.RI.1: given 1.5, needed a whole number"],
  [
    "modules.m1.blocks",
    { RI: [1] },
    "network.modules.m1.blocks.RI: given [1], needed a list of at least 2 entries",
  ],
  [
    "modules.m1.blocks",
    { "R.I": [0, 1] },
    'network.modules.m1.blocks: given "R.I", needed a name of letters, digits, _ and -',
  ],
  [
    "modules",
    { "m 1": { neurons: 8 } },
    'network.modules: given "m 1", needed a name of letters, digits, _ and -',
  ],
  ["modules", { "": { neurons: 8 } }, 'network.modules: given "", needed a name of letters, digits, _ and -'],
  ["modules.m1.learning.W", -1, "network.modules.m1.learning.W: given -1, needed a number >= 0"],
  ["modules.m1.learning.b", "on", 'network.modules.m1.learning.b: given "on", needed a number'],
  [
    "modules.m1.learning.w",
    0.1,
    'network.modules.m1.learning: unknown field "w"; did you mean W? allowed: W, b',
  ],
  [
    "modules.m1.bias",
    { distribution: "normal", deviation: 0 },
    "network.modules.m1.bias.deviation: given 0, needed a number > 0",
  ],
  [
    "modules.m1.bias",
    { distribution: "gauss" },
    'network.modules.m1.bias.distribution: given "gauss", needed one of "uniform", "fan-in", "normal", "zero"',
  ],
];

const rest: readonly Refused[] = [
  ["inputs.x", 0, "network.inputs.x: given 0, needed a number >= 1"],
  ["inputs.m1", 4, 'network.inputs.m1: given "m1", needed a name that no module has'],
  [
    "readouts.m1",
    small.readouts.out,
    'network.readouts.m1: given "m1", needed a name that no module or input has',
  ],
  [
    "readouts.x",
    small.readouts.out,
    'network.readouts.x: given "x", needed a name that no module or input has',
  ],
  ["readouts.out.size", 0, "network.readouts.out.size: given 0, needed a number >= 1"],
  [
    "readouts.out.nonlinearity",
    "relu",
    'network.readouts.out.nonlinearity: given "relu", needed one of "softmax", "sigmoid", "linear"',
  ],
  ["tasks.task.input", "y", 'network.tasks.task.input: given "y", needed an input: "x"'],
  ["tasks.task.input", "m1", 'network.tasks.task.input: given "m1", needed an input: "x"'],
  ["tasks.task.readout", "x", 'network.tasks.task.readout: given "x", needed a readout: "out"'],
  ["tasks.task.target", "image", 'network.tasks.task.target: given "image", needed one of "class", "vector"'],
  [
    "tasks.task.configuration",
    { "m1->m9": {} },
    `network.tasks.task.configuration: given "m1->m9", needed ids of pathways: ${ids}`,
  ],
  [
    "tasks.task.configuration",
    { "x->m1": { gate: 2 } },
    "network.tasks.task.configuration.x->m1.gate: given 2, needed a number in [0, 1]",
  ],
  ["inferenceOrder", ["m1", "m9"], 'network.inferenceOrder.1: given "m9", needed a module: "m1", "m2"'],
  [
    "inferenceOrder",
    ["m1", "m2", "m1"],
    'network.inferenceOrder.2: given "m1", needed each module at most once',
  ],
  ["learningOrder", ["m2", "m2"], 'network.learningOrder.1: given "m2", needed each module at most once'],
  ["learningOrder", ["x"], 'network.learningOrder.0: given "x", needed a module: "m1", "m2"'],
  ["learningOrder", "m2", 'network.learningOrder: given "m2", needed a list'],
  ["name", "", 'network.name: given "", needed a text of at least 1 characters'],
];

describe("wrong modules are refused", () => refuses(modules));

describe("wrong inputs, readouts, tasks and orders are refused", () => refuses(rest));
