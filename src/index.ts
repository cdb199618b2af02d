/**
 * Eddy's public API: what it takes to embed a network, and to bring a task, a stimulus, a learning rule or a view of
 * one's own. Command line and server are built from the same parts.
 */
export { EddyError, type ErrorCode } from "./errors.js";
export { type ConductOptions, conduct } from "./experiments/conduct.js";
export type { Experiment } from "./experiments/experiment.js";
export { experiments } from "./experiments/experiments.js";
export { studiesOf } from "./experiments/forms.js";
export type { ResultRecord } from "./experiments/result-folder.js";
export type { StudyInput } from "./experiments/study.js";
export { sweep } from "./experiments/sweep.js";
export { type BackendName, backendNames, defaultBackend, openKernels } from "./kernels/backends.js";
export type * from "./kernels/kernels.js";
export { denseWeights, type SparseWeights, sparseWeights } from "./kernels/sparse-weights.js";
export { errorPerturbedError, shortTrajectoryError, withDerivative } from "./model/adjoint-propagation.js";
export { backpropagation, feedbackAlignment } from "./model/backpropagation.js";
export type { EventDriven } from "./model/change-propagation.js";
export { equilibrium } from "./model/equilibrium.js";
export { equilibriumPropagation } from "./model/equilibrium-propagation.js";
export { feedforward } from "./model/feedforward.js";
export { initialWeights, type Weights } from "./model/initial-weights.js";
export type { Carry, GradientPart, LearningRule, Phase, SettledModule } from "./model/learning-rule.js";
export { sourceTimesError } from "./model/learning-rule.js";
export { learningRules, ruleOf } from "./model/learning-rules.js";
export type { Module, Network, Pathway, Readout, Task } from "./model/network.js";
export {
  type NetworkDescription,
  type NetworkDescriptionInput,
  networkSchema,
} from "./model/network-description.js";
export type { Optimiser } from "./model/optimiser.js";
export { createParameters, type Parameters, presentSpectralRadius } from "./model/parameters.js";
export { phasedOrder } from "./model/phased-order.js";
export { chain, twoTasks } from "./model/presets.js";
export { resolveNetwork } from "./model/resolve-network.js";
export { spectralRadius } from "./model/spectral-radius.js";
export { type RunningServer, type ServeOptions, serve } from "./server/server.js";
export { gaborScene, trainingRun } from "./simulation/built-in-runs.js";
export { type Checkpoint, readCheckpoint, writeCheckpoint } from "./simulation/checkpoint.js";
export {
  type KeptCheckpoint,
  keptCheckpoints,
  type LatestCheckpoint,
  latestCheckpoint,
} from "./simulation/checkpoints/kept-checkpoints.js";
export { type BackendChoice, chooseBackend } from "./simulation/choose-backend.js";
export type {
  AlarmCondition,
  Applied,
  AppliedIntervention,
  BranchCommand,
  ClockCommand,
  Command,
  Intervention,
  KeepingCommand,
  Origin,
  RecordedTopic,
} from "./simulation/command.js";
export { openLive } from "./simulation/open-live.js";
export type { CheckpointOptions, OpenOptions, RecordingOptions } from "./simulation/open-options.js";
export { openSimulation } from "./simulation/open-simulation.js";
export { openStimuli } from "./simulation/open-stimuli.js";
export { readSamples, type StoredSamples } from "./simulation/recording/read-arrays.js";
export { type ReplayOptions, type ReplayResult, replayRecording } from "./simulation/recording/replay.js";
export { type RecordingDescription, readRecordingDescription } from "./simulation/recording/run-folder.js";
export { type Run, type RunInput, resolveRun, runSchema } from "./simulation/run-description.js";
export { type SimulateOptions, simulate } from "./simulation/simulate.js";
export type {
  Frame,
  Simulation,
  SimulationInfo,
  SimulationStatus,
  Topic,
  Watch,
} from "./simulation/simulation.js";
export { openTraining, type Training, type TrainingEvent } from "./simulation/train.js";
export { type ClockOptions, clock, type Pace, type Timer } from "./streams/clock.js";
export { type ContinuousNetwork, type ContinuousOptions, continuousNetwork } from "./streams/continuous.js";
export type * from "./streams/events.js";
export { gate } from "./streams/gate.js";
export { joinByTick } from "./streams/join-by-tick.js";
export { rnnModule } from "./streams/module.js";
export { type NetworkState, restingState } from "./streams/network-state.js";
export { outputError } from "./streams/output-error.js";
export { pathway } from "./streams/pathway.js";
export { type PhasedNetwork, type PhasedOptions, type PhasedTrial, phasedNetwork } from "./streams/phased.js";
export { plasticity } from "./streams/plasticity.js";
export { readout } from "./streams/readout.js";
export type { Examples, ParameterRange, Stimulus, StimulusSource } from "./streams/stimulus.js";
export {
  closedLoop,
  endless,
  endlessSource,
  fromStream,
  type StimulusDoor,
  type TrialRequest,
} from "./streams/stimulus-door.js";
export { gabor, gaborImage } from "./streams/tasks/gabor.js";
export { imageSet } from "./streams/tasks/image-set.js";
export type { Tick, TickSpec } from "./streams/tick.js";
export { tickBoundary } from "./streams/tick-boundary.js";
export { tickQueue } from "./streams/tick-queue.js";
export { wireNetwork } from "./streams/wire-network.js";
