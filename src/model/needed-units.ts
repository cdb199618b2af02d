import { union } from "../kernels/blocks.js";
import type { Block } from "../kernels/kernels.js";
import type { LearningRule } from "./learning-rule.js";
import type { Network, Pathway } from "./network.js";

/** Units of a module whose states are used after it has settled, phase by phase; null for all of them. */
export interface NeededUnits {
  /** at the end of the inference phase, when no learning phase follows */
  readonly answering: readonly Block[] | null;
  /** at the end of the inference phase of a trial that learns */
  readonly inference: readonly Block[] | null;
  /** at the end of the learning phase */
  readonly learning: readonly Block[] | null;
}

/**
 * What is read of a module in phased operation when nobody watches it: the blocks that its forward pathways and its
 * readouts carry (SI) and, in trials that learn, those of which its error is used: the targets of its plastic pathways
 * (RI) and the sources of its error pathways (SE); where W or b learn, all units. Gates do not count, as one may open
 * before the trial is over.
 * @param rule whose error of a unit takes nothing from other units, unless it says so
 * @param goesOn whether the module's learning phase starts from where its inference phase ended
 */
export function neededUnits(
  { modules, pathways }: Network,
  rule: Pick<LearningRule, "phases" | "gradient" | "mixesUnits">,
  module: string,
  goesOn: boolean,
): NeededUnits {
  const blocksOf = (belongs: (pathway: Pathway) => boolean, end: "source" | "target"): Block[] =>
    [...pathways.values()].filter(belongs).map((pathway) => pathway[end].block);
  const carried = blocksOf(({ source }) => source.kind === "state" && source.name === module, "source");
  const errors = [
    ...blocksOf(
      ({ kind, plastic, target }) => kind === "forward" && plastic && target.name === module,
      "target",
    ),
    ...blocksOf(({ source }) => source.kind === "moduleError" && source.name === module, "source"),
  ];
  const learning = modules.get(module)?.learning;
  const all = rule.mixesUnits || (learning && learning.W + learning.b > 0);
  const carriesOn =
    rule.phases[1].forward === "state" || rule.gradient.some(({ source }) => source === "learning");
  return {
    answering: union(carried),
    inference: goesOn || all ? null : union([...carried, ...errors]),
    learning: all ? null : union(carriesOn ? [...carried, ...errors] : errors),
  };
}
