import type { ModelResult } from '../../model/run.ts'
import { COUNTER } from '../../protocols/counters.ts'

/**
 * How the model's figure depends on the published one. Fitted: a parameter was chosen so that this row comes out. Derived: a
 * parameter was computed from the source of this row, at this load or in a range of loads that contains it. Held out: neither.
 */
export type Basis =
  | { readonly kind: 'fitted' | 'derived'; readonly parameters: readonly string[] }
  | { readonly kind: 'held out'; readonly parameters: readonly [] }

export const fitted = (...parameters: string[]): Basis => ({ kind: 'fitted', parameters })
export const derived = (...parameters: string[]): Basis => ({ kind: 'derived', parameters })
export const HELD_OUT: Basis = { kind: 'held out', parameters: [] }

/** A published figure, and the scenario that is to reproduce it. */
export type Target = {
  readonly id: string
  readonly says: string
  readonly unit: 's' | 'op/us'
  readonly published: number
  /** Half of the last digit that was published, in `unit`, where that is wider than a band may be. */
  readonly rounding?: number
  /** Relative. */
  readonly tolerance: number
  readonly basis: Basis
  readonly source: string
  readonly machine: string
  readonly run:
    | { readonly scenario: 'icache'; readonly variant: string; readonly vcpus: number; readonly forMs: number }
    | {
        readonly scenario: 'fault-scaling'
        readonly variant: string
        readonly vcpus: number
        readonly set: Readonly<Record<string, string>>
        /** ns: the costs of the operation in addition to its path. */
        readonly costs: Readonly<Record<string, number>>
        readonly forMs: number
        /** The figure is the mean over this many runs, each with other starts. */
        readonly starts: number
        /** The published figure from the rate at which the steady load is served. */
        readonly figure: (ran: ModelResult) => number
      }
}

export type Shape = {
  readonly id: string
  readonly says: string
  readonly machine: string
  readonly source: string
  readonly variant: string
  readonly set: Readonly<Record<string, string>>
  readonly costs?: Readonly<Record<string, number>>
  /** 1 if it is not said. */
  readonly starts?: number
}

export type Figure = {
  readonly vcpus: number
  readonly published: number
  readonly tolerance: number
  readonly basis: Basis
  readonly rounding?: number
}

export const icache = (id: string, machine: string, { vcpus, ...figure }: Figure): Target => ({
  id,
  says: vcpus === 1 ? '512 MiB by line, 1 CPU' : `the same by ${vcpus} vCPUs at once, the slowest`,
  unit: 's',
  ...figure,
  source: 'G. Shan, Sep 2023',
  machine,
  run: { scenario: 'icache', variant: 'ranged', vcpus, forMs: 1 },
})

/** The time of a number of operations on each CPU, at the rate of a short run. */
export const scaling = (shape: Shape, operations: number, figure: Figure): Target =>
  row(shape, figure, 's', (ran) => (figure.vcpus * operations) / rateOf(ran))

/** The number of pairs of operations of all CPUs in a microsecond. */
export const pairs = (shape: Shape, figure: Figure): Target =>
  row(shape, figure, 'op/us', (ran) => rateOf(ran) / 2 / 1e6)

function row(
  { id, says, machine, source, variant, set, costs = {}, starts = 1 }: Shape,
  { vcpus, ...published }: Figure,
  unit: Target['unit'],
  figure: (ran: ModelResult) => number,
): Target {
  return {
    id,
    says: `${says}, ${vcpus} CPU${vcpus === 1 ? '' : 's'}`,
    unit,
    ...published,
    source,
    machine,
    run: { scenario: 'fault-scaling', variant, vcpus, set, costs, forMs: Math.max(1, 32 / vcpus), starts, figure },
  }
}

/** Operations a second of all CPUs together. */
function rateOf({ windows, records }: ModelResult): number {
  return windows.reduce((sum, { beganNs, endedNs }, cpu) => {
    return sum + (records.of(cpu).counters[COUNTER.scaling_operations]! / (endedNs - beganNs)) * 1e9
  }, 0)
}
