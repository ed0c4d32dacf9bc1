import type { ModelResult } from '../model/run.ts'
import { COUNTER } from '../protocols/counters.ts'

/** A published figure, and the scenario that is to reproduce it. */
export type Target = {
  readonly id: string
  readonly says: string
  readonly unit: 's' | 'op/us'
  readonly published: number
  /** Relative. */
  readonly tolerance: number
  readonly source: string
  readonly machine: string
  readonly run:
    | { readonly scenario: 'icache'; readonly variant: string; readonly vcpus: number; readonly forMs: number }
    | {
        readonly scenario: 'fault-scaling'
        readonly variant: string
        readonly vcpus: number
        readonly set: Readonly<Record<string, string>>
        readonly forMs: number
        /** The published figure from the rate at which the steady load is served. */
        readonly figure: (ran: ModelResult) => number
      }
}

/** Operations a second of all CPUs together. */
function rateOf({ windows, records }: ModelResult): number {
  return windows.reduce((sum, { beganNs, endedNs }, cpu) => {
    return sum + (records.of(cpu).counters[COUNTER.scaling_operations]! / (endedNs - beganNs)) * 1e9
  }, 0)
}

/** How long so many operations take at that rate. */
const secondsFor = (operations: number) => (ran: ModelResult) => operations / rateOf(ran)
const GIB_4K = 262_144
const GIB_2M = 512

const icache = (id: string, machine: string, vcpus: number, published: number, tolerance: number): Target => ({
  id,
  says: vcpus === 1 ? '512 MiB by line, 1 CPU' : `the same by ${vcpus} vCPUs at once, the slowest`,
  unit: 's',
  published,
  tolerance,
  source: 'G. Shan, Sep 2023',
  machine,
  run: { scenario: 'icache', variant: 'ranged', vcpus, forMs: 1 },
})

type Shape = { readonly id: string; readonly says: string; readonly machine: string; readonly source: string }

const scaling = (
  { id, says, machine, source }: Shape,
  [variant, vcpus, set]: readonly [variant: string, vcpus: number, set: Readonly<Record<string, string>>],
  [published, tolerance]: readonly [published: number, tolerance: number],
  figure: (ran: ModelResult) => number,
  unit: Target['unit'] = 's',
): Target => ({
  id,
  says: `${says}, ${vcpus} CPU${vcpus === 1 ? '' : 's'}`,
  unit,
  published,
  tolerance,
  source,
  machine,
  run: { scenario: 'fault-scaling', variant, vcpus, set, forMs: 1, figure },
})

const T6 = {
  id: 'T6',
  says: 'split by break-before-make, 1 GiB a vCPU',
  machine: 'altra-2s',
  source: 'R. Koller, 2023',
}
const T7 = { ...T6, id: 'T7', says: 'eager split, local TLBI, 1 GiB a vCPU' }
const T8 = { id: 'T8', says: '4 GiB a vCPU, write lock', machine: 'altra-max-128', source: 'O. Upton, Nov 2022' }
const T8_READ = { ...T8, says: '4 GiB a vCPU, read lock' }
const T10 = { id: 'T10', says: 'dirty 1 GiB a vCPU, lock-free', machine: 'icx-2s', source: 'D. Matlack' }
const T12 = {
  id: 'T12',
  says: 'zap 96 GiB, a flush for each SPTE',
  machine: 'haswell-4s',
  source: 'B. Gardon, Mar 2022',
}
const T19 = { id: 'T19', says: 'unmap 128 GiB, TLBI for each block', machine: 'arm64-range', source: 'R. Ananta, 2023' }
const T22 = { id: 'T22', says: 'qspinlock, two acquisitions an op', machine: 'intel-4s', source: 'A. Kogan, v11' }
const SPLIT = { operation: 'split', flush: 'broadcast' }
const SECTION = { operation: 'section' }
const perMicrosecond = (ran: ModelResult) => rateOf(ran) / 2 / 1e6

/** The rows of the calibration that the profiles were fitted on. No other figure may be put here without fitting anew. */
export const TARGETS: readonly Target[] = [
  icache('T1', 'altra-max-128', 1, 0.579132, 0.01),
  icache('T1', 'altra-64', 1, 1.130744, 0.01),
  icache('T3', 'altra-max-128', 64, 37, 0.05),
  scaling(T6, ['read-lock', 1, SPLIT], [2.63e-3, 0.1], secondsFor(GIB_2M)),
  scaling(T6, ['read-lock', 64, SPLIT], [40.09e-3, 0.1], secondsFor(64 * GIB_2M)),
  scaling(T7, ['read-lock', 1, { operation: 'split' }], [1.66e-3, 0.1], secondsFor(GIB_2M)),
  scaling(T7, ['read-lock', 128, { operation: 'split' }], [12.24e-3, 0.1], secondsFor(128 * GIB_2M)),
  scaling(T8, ['write-lock', 1, {}], [0.87, 0.15], secondsFor(4 * GIB_4K)),
  scaling(T8, ['write-lock', 48, {}], [32.1, 0.15], secondsFor(48 * 4 * GIB_4K)),
  scaling(T8_READ, ['read-lock', 1, {}], [0.93, 0.15], secondsFor(4 * GIB_4K)),
  scaling(T8_READ, ['read-lock', 48, {}], [6.23, 0.15], secondsFor(48 * 4 * GIB_4K)),
  scaling(T10, ['lock-free', 2, { operation: 'fast' }], [0.296, 0.1], secondsFor(2 * GIB_4K)),
  scaling(T10, ['lock-free', 96, { operation: 'fast' }], [0.674, 0.1], secondsFor(96 * GIB_4K)),
  scaling(
    T12,
    ['write-lock', 1, { operation: 'zap', flush: 'remote', idle: '96' }],
    [256.7, 0.3],
    secondsFor(96 * GIB_4K),
  ),
  scaling(
    { ...T12, says: 'zap 96 GiB, one flush' },
    ['write-lock', 1, { operation: 'zap', idle: '96' }],
    [3.17, 0.3],
    secondsFor(96 * GIB_4K),
  ),
  scaling(T19, ['write-lock', 1, { operation: 'unmap', flush: 'broadcast' }], [0.28, 0.1], secondsFor(65_536)),
  scaling(
    { ...T19, says: 'unmap 128 GiB, one flush' },
    ['write-lock', 1, { operation: 'unmap' }],
    [0.1, 0.1],
    secondsFor(65_536),
  ),
  scaling(T22, ['spin-lock', 8, SECTION], [4.29, 0.15], perMicrosecond, 'op/us'),
  scaling(T22, ['spin-lock', 142, SECTION], [1.81, 0.15], perMicrosecond, 'op/us'),
]

/** Published figures of the same shapes that nothing was fitted on: how far the model carries. Tolerances are those of the resource. */
export const HELD_OUT: readonly Target[] = [
  scaling(T6, ['read-lock', 16, SPLIT], [16 * GIB_2M * 1.16e-6, 0.1], secondsFor(16 * GIB_2M)),
  scaling(T6, ['read-lock', 32, SPLIT], [32 * GIB_2M * 1.23e-6, 0.1], secondsFor(32 * GIB_2M)),
  scaling(T6, ['read-lock', 128, SPLIT], [128 * GIB_2M * 1.22e-6, 0.1], secondsFor(128 * GIB_2M)),
  scaling(T6, ['read-lock', 152, SPLIT], [152 * GIB_2M * 1.41e-6, 0.1], secondsFor(152 * GIB_2M)),
  scaling(T10, ['lock-free', 32, { operation: 'fast' }], [0.313, 0.1], secondsFor(32 * GIB_4K)),
  scaling(T22, ['spin-lock', 16, SECTION], [4.2, 0.15], perMicrosecond, 'op/us'),
  scaling(T22, ['spin-lock', 72, SECTION], [1.8, 0.25], perMicrosecond, 'op/us'),
]
