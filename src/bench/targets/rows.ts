import { derived, type Figure, fitted, HELD_OUT, icache, pairs, type Shape, scaling, type Target } from './target.ts'

const GIB_4K = 262_144
const GIB_2M = 512

const SPLIT: Shape = {
  id: 'T6',
  says: 'split by break-before-make, 1 GiB a vCPU',
  machine: 'altra-2s',
  source: 'R. Koller, 2023',
  variant: 'read-lock',
  set: { operation: 'split', flush: 'broadcast', placement: 'spread' },
  costs: { 'cost.operation_outside_ns': 2750, 'cost.operation_locked_ns': 700 },
}
const EAGER: Shape = {
  ...SPLIT,
  id: 'T7',
  says: 'eager split, local TLBI, 1 GiB a vCPU',
  set: { operation: 'split', placement: 'spread' },
  costs: { 'cost.operation_outside_ns': 2750 },
}
const FAULTS: Shape = {
  id: 'T8',
  says: '4 GiB a vCPU, write lock',
  machine: 'altra-max-128',
  source: 'O. Upton, Nov 2022',
  variant: 'write-lock',
  set: { 'hot-lines': '1' },
}
const PARALLEL: Shape = { ...FAULTS, says: '4 GiB a vCPU, read lock', variant: 'read-lock' }
const DIRTY: Shape = {
  id: 'T10',
  says: 'dirty 1 GiB a vCPU, lock-free',
  machine: 'clx-2s',
  source: 'D. Matlack',
  variant: 'lock-free',
  set: { operation: 'fast', placement: 'spread' },
}
const ZAP: Shape = {
  id: 'T12',
  says: 'zap 96 GiB, a flush for each SPTE',
  machine: 'haswell-4s',
  source: 'B. Gardon, Mar 2022',
  variant: 'write-lock',
  set: { operation: 'zap', flush: 'remote', idle: '96' },
}
const UNMAP: Shape = {
  id: 'T19',
  says: 'unmap 128 GiB, TLBI for each block',
  machine: 'arm64-range',
  source: 'R. Ananta, 2023',
  variant: 'write-lock',
  set: { operation: 'unmap', flush: 'broadcast' },
  costs: { 'cost.operation_locked_ns': 1380 },
}
const QSPINLOCK: Shape = {
  id: 'T22',
  says: 'qspinlock, two acquisitions an op',
  machine: 'intel-4s',
  source: 'A. Kogan, v11',
  variant: 'spin-lock',
  set: { operation: 'section' },
  costs: { 'cost.operation_locked_ns': 30 },
}
/** A FIFO lock that is never free keeps the order of the first arrivals. Interrupts mix it within a second; here several orders do. */
const QSPINLOCK_OF_SOCKETS: Shape = { ...QSPINLOCK, starts: 8 }

const of = (vcpus: number, published: number, tolerance: number, basis: Figure['basis']): Figure => ({
  vcpus,
  published,
  tolerance,
  basis,
})
const LINE = derived('cost.ic_ivau_ns')
const SERIAL_SPLIT = derived('cost.tlbi_ns', 'cost.dsb_ish_ns')
const SPLIT_SECONDS = 1e-6 * GIB_2M

/**
 * The published figures against which the profiles are validated. A row is held out only if no parameter was chosen or
 * computed with it, and no parameter may be changed because of such a row.
 */
export const TARGETS: readonly Target[] = [
  icache('T1', 'altra-max-128', of(1, 0.579132, 0.01, LINE)),
  icache('T1', 'altra-64', of(1, 1.130744, 0.01, LINE)),
  icache('T3', 'altra-max-128', { ...of(64, 37, 0.05, HELD_OUT), rounding: 0.5 }),
  scaling(SPLIT, GIB_2M, of(1, 2.63e-3, 0.1, fitted('cost.operation_locked_ns'))),
  scaling(SPLIT, GIB_2M, of(16, 16 * 1.16 * SPLIT_SECONDS, 0.1, SERIAL_SPLIT)),
  scaling(SPLIT, GIB_2M, of(32, 32 * 1.23 * SPLIT_SECONDS, 0.1, SERIAL_SPLIT)),
  scaling(SPLIT, GIB_2M, of(64, 40.09e-3, 0.1, SERIAL_SPLIT)),
  scaling(SPLIT, GIB_2M, of(128, 128 * 1.22 * SPLIT_SECONDS, 0.1, SERIAL_SPLIT)),
  scaling(SPLIT, GIB_2M, of(152, 152 * 1.41 * SPLIT_SECONDS, 0.1, HELD_OUT)),
  scaling(EAGER, GIB_2M, of(1, 1.66e-3, 0.1, derived('cost.operation_outside_ns'))),
  scaling(EAGER, GIB_2M, of(128, 12.24e-3, 0.1, fitted('c2c_remote_ns'))),
  scaling(FAULTS, 4 * GIB_4K, of(1, 0.87, 0.15, fitted('cost.exit_entry_ns', 'cost.faultin_pfn_ns'))),
  scaling(FAULTS, 4 * GIB_4K, of(48, 32.1, 0.15, fitted('cost.map_spte_ns'))),
  scaling(PARALLEL, 4 * GIB_4K, of(1, 0.93, 0.15, fitted('cost.exit_entry_ns', 'cost.faultin_pfn_ns'))),
  scaling(PARALLEL, 4 * GIB_4K, of(48, 6.23, 0.15, HELD_OUT)),
  scaling(DIRTY, GIB_4K, of(2, 0.296, 0.1, derived('cost.fast_fault_ns'))),
  scaling(DIRTY, GIB_4K, of(32, 0.313, 0.1, derived('cost.dirty_log_ns'))),
  scaling(DIRTY, GIB_4K, of(96, 0.674, 0.1, derived('cost.dirty_log_ns'))),
  scaling(ZAP, 96 * GIB_4K, of(1, 256.7, 0.3, derived('cost.make_request_ns'))),
  scaling(
    { ...ZAP, says: 'zap 96 GiB, one flush', set: { operation: 'zap', idle: '96' } },
    96 * GIB_4K,
    of(1, 3.17, 0.3, derived('cost.zap_spte_ns')),
  ),
  scaling(UNMAP, 65_536, of(1, 0.28, 0.1, derived('cost.dsb_ish_ns'))),
  scaling(
    { ...UNMAP, says: 'unmap 128 GiB, one flush', set: { operation: 'unmap' } },
    65_536,
    of(1, 0.1, 0.1, derived('cost.operation_locked_ns')),
  ),
  pairs(QSPINLOCK, of(8, 4.29, 0.15, fitted('c2c_socket_ns', 'upgrade_ns', 'cost.operation_locked_ns'))),
  pairs(QSPINLOCK, of(16, 4.2, 0.15, HELD_OUT)),
  pairs(QSPINLOCK_OF_SOCKETS, of(72, 1.8, 0.25, HELD_OUT)),
  pairs(QSPINLOCK_OF_SOCKETS, of(142, 1.81, 0.15, fitted('c2c_remote_ns'))),
]

/** A parameter of one machine, of all if it is a cost that its profile does not say, or of an operation that rows declare. */
export type FreeParameter = { readonly of: string; readonly name: string }

/** The parameters that rows were fitted on, or that were computed from them: each is counted once. */
export function freeParameters(isOwn: (machine: string, name: string) => boolean): FreeParameter[] {
  const all = TARGETS.flatMap(({ id, machine, basis, run }) =>
    basis.parameters.map((name) => {
      const isDeclared = run.scenario === 'fault-scaling' && Object.hasOwn(run.costs, name)
      return { of: isDeclared ? `operation of ${id}` : isOwn(machine, name) ? machine : 'all machines', name }
    }),
  )
  return [...new Map(all.map((each) => [`${each.of} ${each.name}`, each])).values()]
}
