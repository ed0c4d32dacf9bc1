import type { VmFlags } from './vm-args.ts'

/** The flags of `bench` as yargs returns them: text that is not yet validated. Types of the library: they need no package. */
export type BenchArgs = VmFlags & {
  readonly scenario: string | undefined
  readonly variant: string | undefined
  readonly kernel: string | undefined
  readonly machine: string | undefined
  readonly vcpus: string | undefined
  readonly notifiers: string | undefined
  readonly zappers: string | undefined
  readonly vms: string | undefined
  readonly guestIcache: string | undefined
  readonly set: readonly string[] | undefined
  readonly sweep: readonly string[] | undefined
  readonly refine: string | undefined
  readonly shard: string | undefined
  readonly trials: string | undefined
  readonly duration: string | undefined
  readonly warmup: string | undefined
  readonly timeBudget: string | undefined
  readonly arrival: string
  readonly rate: string | undefined
  readonly trace: string | undefined
  readonly memslots: string | undefined
  readonly times: string | undefined
  readonly speed: string
  readonly seed: string | undefined
  readonly ab: string | undefined
  readonly out: string | undefined
  readonly save: string | undefined
  readonly force: boolean
  readonly resume: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly noProgress: boolean
  readonly watch: boolean
  readonly quick: boolean
  readonly list: boolean
  readonly locks: boolean
  readonly all: boolean
  readonly verbose: boolean
  /** Path of an additional HTML page. */
  readonly report: string | undefined
  readonly layout: boolean
  readonly timeline: string | undefined
  readonly whatIf: readonly string[] | undefined
  readonly draws: string | undefined
  readonly words: string | undefined
}
