// The records of the API as far as the pages read them; /openapi/v1.json describes all of them.

export type Status = 'None' | 'Running' | 'Done' | 'Failed' | 'Stopped' | 'Paused' | 'Cancelled';

export interface ExperimentRecord {
  name: string;
  status: Status;
  waitsFor: string | null;
  problem: string | null;
  dataset: string;
  priority: number;
}

export interface Interval {
  low: number;
  high: number;
}

export interface RoundRecord {
  curriculum: string;
  round: number;
  k: number;
  step: string;
  foldsDone: number;
  folds: number;
  promoted: number;
  scorerSelection: string;
  crossValidatedLwlrap: number | null;
  testLwlrap: number | null;
  agreementAtCut: number | null;
  marginAtCut: number | null;
  meanAgreement: number | null;
  agreementFall: number | null;
  dropped: number | null;
  overlap: number;
  trulyRight: number | null;
  baseRate: number | null;
  diverged: string | null;
  scoring: string;
}

export interface RelabelRecord {
  curriculum: string;
  rest: string;
  step: string;
  scorerSelection: string;
  crossValidatedLwlrap: number | null;
  testLwlrap: number | null;
  kept: number;
  relabelled: number;
  dropped: number;
}

export interface RunningJob {
  job: string;
  what: string;
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  loss: number | null;
  lwlrap: number | null;
  seconds: number | null;
  waits: string | null;
  ended: boolean;
}

export interface FoldRecord {
  owner: string;
  selection: string;
  fold: number;
  done: boolean;
  problem: string | null;
  waitsFor: string | null;
  trainClips: number;
  validationClips: number;
  trainingJob: string | null;
  lwlrap: number | null;
}

export interface MemberRecord {
  member: string;
  model: string;
  selection: string;
  trainedOn: string | null;
  done: boolean;
  problem: string | null;
  waitsFor: string | null;
  folds: FoldRecord[];
  foldsDone: number;
  foldsTotal: number;
  crossValidatedLwlrap: number | null;
  crossValidatedInterval: Interval | null;
  testLwlrap: number | null;
  testInterval: Interval | null;
}

export interface EnsembleRecord {
  name: string;
  method: string;
  members: string[];
  weights: number[];
  crossValidatedLwlrap: number | null;
  testLwlrap: number | null;
  testInterval: Interval | null;
}

export interface ExperimentProgress {
  name: string;
  status: Status;
  waitsFor: string | null;
  problem: string | null;
  priority: number;
  rounds: RoundRecord[];
  relabelled: RelabelRecord[];
  members: MemberRecord[];
  running: RunningJob[];
  jobsQueued: number;
  jobsRunning: number;
  jobsDone: number;
  jobsTotal: number;
  ensembles: EnsembleRecord[];
}

export interface CurriculumStatus {
  rounds: RoundRecord[];
  folds: FoldRecord[];
}

export interface LearningCurve {
  job: string;
  columns: Record<string, (number | null)[]>;
}

export interface RoundScores {
  curriculum: string;
  round: number;
  classes: string[];
  fnames: string[];
  labels: number[][];
  agreements: number[];
  margins: number[];
  promoted: boolean[];
}

export interface ManualDecision {
  kind: 'Ban' | 'Promote';
  by: string;
  at: string;
  reason: string;
}

export interface ClipRecord {
  decision: ManualDecision | null;
  fname: string;
  givenLabels: string[];
  fold: number;
  relabelledAs: string[] | null;
  rounds: {
    round: number;
    agreement: number;
    rank: number;
    promoted: boolean;
    margin: number;
    predicted: PredictedLabel[];
    models: ClipModel[];
  }[];
  usedBy: { owner: string; selection: string; labels: string[]; folds: number[]; jobs: string[] }[];
}

export interface PredictedLabel {
  label: string;
  probability: number;
}

export interface ClipModel {
  fold: number;
  trainingJob: string | null;
  predictionJob: string | null;
  trainedOnIt: boolean;
  counts: boolean;
  predicted: PredictedLabel[];
}

export interface Confusion {
  member: string;
  classes: string[];
  counts: number[][];
}

export interface JobRequest {
  job: string;
  what: string;
  slots: number;
  priority: number;
  parent: { key: string };
}

export interface SchedulerRecord {
  queue: { request: JobRequest; accelerator: string; notBefore: string | null; paused: boolean }[];
  leases: { request: JobRequest; silo: string; device: string; epoch: number }[];
  silos: { silo: string; host: string; devices: { accelerator: string; name: string; slots: number }[] }[];
}
