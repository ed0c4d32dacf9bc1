import type { Profile } from '../model/profile.ts'
import type { Interval } from './statistics.ts'

export const SCHEMA = 'faultline.result'
export const VERSION = 1

/** Machines by their name in the command. */
export type Profiles = Readonly<Record<string, Profile>>

/** The result file: see results/faultline.result.schema.json, which says the same to other programs. */
export type Result = {
  readonly schema: typeof SCHEMA
  readonly version: typeof VERSION
  readonly id: string
  readonly createdAt: string
  readonly command: readonly string[]
  readonly seed: number
  readonly source: { readonly git: string | null; readonly dirty: boolean | null; readonly definition: string }
  readonly host: Host
  /** Primitive costs of this host, in ns unless the name has another unit. */
  readonly calibration: Readonly<Record<string, number>>
  /** Machines that do not come with the program, by their names in `command`: so that it can be run again elsewhere. */
  readonly profiles?: Profiles
  /** The part of a plan that this is, if any. `faultline merge` combines the parts. */
  readonly shard?: Shard
  readonly sequential?: Sequential
  readonly runs: readonly Run[]
  /** SHA-256 of all the rest, as it was written. */
  readonly digest?: string
}

/** Part `index` of `of`, of a plan with this many points. */
export type Shard = {
  readonly index: number
  readonly of: number
  readonly points: number
  /**
   * If the plan refines its sweep, which each part then contains as a whole: the number of points that this part adds;
   * null if the plan has not finished.
   */
  readonly refined?: number | null
}

export type Host = {
  readonly cpu: string
  readonly cores: number
  /** CPUs that a cgroup allows, if it limits them. */
  readonly quota: number | null
  readonly memory: number
  readonly os: string
  readonly kernel: string
  readonly node: string
  readonly v8: string
  readonly governor: string | null
  readonly virtualised: boolean | null
  readonly clockNs: number
}

/** A comparison that was looked at while it was measured: after how many rounds, and at which level each look could claim. */
export type Sequential = {
  readonly alpha: number
  readonly looks: readonly { readonly rounds: number; readonly alpha: number; readonly isResolved: boolean }[]
}

type Grade = 'acceptable' | 'interesting' | 'forbidden'

export type Metric = {
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly assume: 'exact' | null
  readonly n: number
  readonly median: number
  readonly ci95: Interval
}

/** The baseline against itself: the median ratio of the rounds, its interval, and the ratios. */
export type Noise = {
  readonly ratio: number
  readonly ci95: Interval
  readonly n: number
  readonly ratios?: readonly number[]
}

export type HistogramSummary = {
  readonly unit: 'ns'
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  /** Null below 1,000 samples. */
  readonly p99: number | null
  /** Null below 10,000 samples. */
  readonly p999: number | null
  readonly max: number
  /** HdrHistogram V2, compressed, base64. */
  readonly hdr: string
}

export type LockRow = {
  readonly name: string
  readonly kind: string
  readonly side: 'read' | 'write'
  readonly acquisitions: number
  readonly contended: number
  readonly waitTotalNs: number
  readonly waitMinNs: number
  readonly waitMaxNs: number
  readonly waitAvgNs: number
  /** For the timed holds: `holds` of them, or all acquisitions if that is missing. */
  readonly holdTotalNs: number
  readonly holdMaxNs: number
  readonly holds?: number
  readonly who: readonly {
    readonly worker: string
    readonly acquisitions: number
    readonly contended: number
    readonly waitTotalNs: number
    readonly waitMaxNs: number
  }[]
}

export type Outcome = { readonly outcome: string; readonly grade: Grade; readonly count: number; readonly says: string }

export type TrialRow = {
  readonly index: number
  readonly mode: 'throughput' | 'latency'
  readonly seed: number
  readonly durationNs: number
  readonly metrics: Readonly<Record<string, number>>
  /** The counters of this trial; the run's counters are their sums. */
  readonly counters?: Readonly<Record<string, number>>
  /** Trials of a run with the same number were measured on the same workers, one after the other; absent where it had workers of its own. */
  readonly start?: number
  /** The CPU that each worker was bound to; absent where the host could move them. */
  readonly cpus?: readonly number[]
}

export type RunError = {
  readonly code: string
  readonly message: string
  readonly context: Readonly<Record<string, string | number>>
  readonly hint: string
}

/** The activity of the recorded kernel, to be compared with its replay. Waits are null if the recording has none. */
export type RecordedKernel = {
  readonly faults: number
  /** Waits of vCPUs for mmu_lock. */
  readonly waits: number | null
  readonly waitTotalNs: number | null
  readonly waitMedianNs: number | null
  /** Waits of invalidations for it. */
  readonly notifierWaits: number | null
  /** From the end of a wait to the SPTE that was set next, trimmed mean; null if no worker waited. An estimate. */
  readonly holdNs: number | null
  /** The activity of the replayed tasks, if a timeline was requested. */
  readonly timeline?: RunTimeline['cpus']
}

/** The part of a recording that is replayed, and the error of the replay. */
export type ReplayedRecording = {
  /** Faults in the recording: on gfns of no memslot, which are left out; on gfns that nothing recorded had taken away. */
  readonly faults: number
  readonly outsideMemslots: number
  readonly stillMapped: number
  /** Those that are played so that they occur: first touches of a gfn, and what follows what had taken the gfn away. */
  readonly firstTouches: number
  readonly caused: number
  /** The mean number that occurred in a trial of this run. */
  readonly occurred: number
  /** The variant that the recorded kernel is taken for. */
  readonly own: string
  /** Replay over recording of that variant: waits per fault, all waits together, median wait; null if it did not run. */
  readonly misses: { readonly share: number; readonly total: number | null; readonly median: number | null } | null
  /** Whether the error is small enough for statements about other variants; null if unknown. */
  readonly predicts: boolean | null
  /** Nothing that is played of the recording can wait for mmu_lock under that variant: there are no waits to predict. */
  readonly isAlone?: boolean
}

/** One side of a comparison of the code with itself at another time. */
export type Revision = {
  readonly name: string
  readonly git: string | null
  readonly side: 'base' | 'head'
}

/** A user's patch that ran, and its difference to the kernel that it changes. */
export type RunPatch = {
  readonly file: string
  /** A hash of its text. */
  readonly hash: string
  readonly base: string
  /** Unified, function by function. */
  readonly diff: string
}

export type Run = {
  /** In a part of a plan: the place of its load among all of them. */
  readonly point?: number
  readonly scenario: string
  readonly variant: string
  /** For a variant that is a file of the user's. */
  readonly patch?: RunPatch
  /** The revision of the code, if two are compared. */
  readonly revision?: Revision
  readonly machine: string
  readonly kind: 'measured' | 'modelled'
  readonly params: Readonly<Record<string, string | number>>
  readonly definition: string
  /** Places of this run's trials in the order in which the trials of its group ran. */
  readonly order: readonly number[]
  readonly trials: readonly TrialRow[]
  readonly metrics: Readonly<Record<string, Metric>>
  readonly counters: Readonly<Record<string, number>>
  readonly histograms: Readonly<Record<string, HistogramSummary>>
  readonly locks: readonly LockRow[]
  readonly outcomes: readonly Outcome[]
  /** The baseline against itself: how far apart two equal things are on this host today. */
  readonly noise?: Readonly<Record<string, Noise>>
  /** For a replay, the recorded kernel's own figures. */
  readonly recorded?: RecordedKernel
  /** For a replay: what was replayed, and whether it can be relied on. */
  readonly replayed?: ReplayedRecording
  /** The reports of lockdep about the lock order, in the kernel's format. */
  readonly splats?: readonly string[]
  /** For a modelled run: the machine, where the time went, and the spread over machines with drawn costs. */
  readonly model?: ModelInfo
  /** The activity of every CPU for a while, if a timeline was requested. */
  readonly timeline?: RunTimeline
  readonly warnings: readonly string[]
  /** The number of finished trials of an interrupted run. */
  readonly interrupted?: { readonly trials: number; readonly of: number }
  /** The variants of its group, the baseline first, if the plan was cut short before each of them had a trial. */
  readonly asked?: readonly string[]
  readonly error: RunError | null
}

/**
 * When, what, of which, and how much: `hold` and `held` of a lock's side (0 read, 1 write), `wait` and `waited` for it, `broadcast`
 * and `broadcasted` of a cost, `count` of a counter, `value` of a word, `span` of a histogram, which ended then, after this many ns.
 */
export type TimelineEvent = readonly [
  ns: number,
  what: 'wait' | 'waited' | 'hold' | 'held' | 'count' | 'span' | 'broadcast' | 'broadcasted' | 'value',
  of: string,
  amount: number,
]

export type RunTimeline = {
  /** The seed of the trial that it shows, which is none of those that gave the figures. */
  readonly seed: number
  readonly cpus: readonly {
    readonly name: string
    /** Events that there was no room for. */
    readonly left: number
    readonly events: readonly TimelineEvent[]
  }[]
}

/** Properties of a modelled run besides its figures. */
export type ModelInfo = {
  readonly profile: string
  /** Hash of the machine's parameters, and of the code that computes with them. */
  readonly profileHash: string
  readonly engineHash: string
  /** Every parameter of the machine and every cost: the possible causes of a change of the figures. */
  readonly machine?: Readonly<Record<string, number>>
  /** Instructions that were carried out. */
  readonly steps: number
  /** Time of the roles in the measured window by cause, ns; `busy` is the rest: their own operations. See BLAMES. */
  readonly blocked: readonly {
    readonly role: string
    readonly count: number
    readonly ns: Readonly<Record<string, number>>
  }[]
  /** The same run on machines whose parameters were drawn from the profile's ranges: the metrics of each. */
  readonly draws: readonly Readonly<Record<string, number>>[]
  /** The same run with costs scaled. */
  readonly whatIf: readonly {
    readonly cost: string
    readonly scale: number
    /** With several seeds the medians. */
    readonly metrics: Readonly<Record<string, number>>
    /** By seed, if there are several. */
    readonly trials?: readonly { readonly seed: number; readonly metrics: Readonly<Record<string, number>> }[]
  }[]
}
