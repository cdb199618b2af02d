import { describe } from "vitest";
import { blocks, type Refused, refuses } from "./wrong-networks.js";

const unknownFields: readonly Refused[] = [
  [
    "color",
    1,
    'network: unknown field "color"; allowed: name, modules, inputs, forward, errorPathways, readouts, tasks, inferenceOrder, learningOrder',
  ],
  [
    "modules.m1.color",
    1,
    'network.modules.m1: unknown field "color"; allowed: neurons, connectionRate, spectralRadius, activation, timeStep, blocks, bias, learning',
  ],
  [
    "modules.m1.bias",
    { distribution: "zero", color: 1 },
    'network.modules.m1.bias: unknown field "color"; allowed: distribution',
  ],
  [
    "forward.1.color",
    1,
    'network.forward.1: unknown field "color"; allowed: id, delay, gate, weights, source, target, plastic, rate',
  ],
  [
    "forward.0.weights",
    { distribution: "normal", deviation: 1, mean: 0 },
    'network.forward.0.weights: unknown field "mean"; allowed: distribution, deviation',
  ],
  [
    "forward.0.weights",
    { shares: "m1->m2", transpose: true },
    'network.forward.0.weights: unknown field "transpose"; did you mean transposed? allowed: shares, transposed',
  ],
  [
    "errorPathways.0.plastic",
    true,
    'network.errorPathways.0: unknown field "plastic"; allowed: id, delay, gate, weights, source, target',
  ],
  [
    "readouts.out.color",
    1,
    'network.readouts.out: unknown field "color"; allowed: size, sources, nonlinearity, bias',
  ],
  [
    "readouts.out.bias.color",
    1,
    'network.readouts.out.bias: unknown field "color"; allowed: initial, plastic',
  ],
  [
    "readouts.out.sources.0",
    { source: "m2.SI", target: "out" },
    'network.readouts.out.sources.0: unknown field "target"; allowed: id, delay, gate, weights, source, plastic',
  ],
  [
    "tasks.task.color",
    1,
    'network.tasks.task: unknown field "color"; allowed: input, readout, target, configuration',
  ],
  [
    "tasks.task.configuration",
    { "x->m1": { open: true } },
    'network.tasks.task.configuration.x->m1: unknown field "open"; allowed: gate, plastic',
  ],
];

const prototypes: readonly Refused[] = [
  ["__proto__", {}, 'network: given "__proto__", needed another name'],
  ["modules.__proto__", { neurons: 8 }, 'network.modules: given "__proto__", needed another name'],
  [
    "modules.m1.blocks.__proto__",
    [0, 1],
    'network.modules.m1.blocks: given "__proto__", needed another name',
  ],
  ["tasks.__proto__", {}, 'network.tasks: given "__proto__", needed another name'],
  [
    "tasks.task.configuration.__proto__",
    { gate: 1 },
    'network.tasks.task.configuration: given "__proto__", needed another name',
  ],
  [
    "forward.0.source",
    "constructor",
    'network.forward.0.source: given "constructor", needed an input ("x") or a block as "m1.SI"',
  ],
  [
    "forward.0.target",
    "toString.length",
    `network.forward.0.target: given "toString.length", needed ${blocks}`,
  ],
  [
    "errorPathways.0.source",
    "error(hasOwnProperty)",
    'network.errorPathways.0.source: given "error(hasOwnProperty)", needed a readout ("out") or a block as "error(m2.SE)"',
  ],
  ["tasks.task.input", "__proto__", 'network.tasks.task.input: given "__proto__", needed an input: "x"'],
  [
    "tasks.task.readout",
    "constructor",
    'network.tasks.task.readout: given "constructor", needed a readout: "out"',
  ],
];

describe("unknown fields are refused", () => refuses(unknownFields));

describe("names of JavaScript's own are no names of a network", () => refuses(prototypes));
