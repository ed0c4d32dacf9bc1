import type { LockRow, Run } from '../result.ts'
import { disordered, unequal, unless, unlike } from './claims.ts'

/** Every row of a lock from its workers', and what metrics say of mmu_lock from its rows. */
export function lockFaults(run: Run, isOwn: boolean): string[] {
  const { locks } = run
  const names = locks.map(({ name, side }) => `${name} ${side}`)
  return [
    ...locks.flatMap(rowFaults),
    ...locks.flatMap(({ name, who }) =>
      unless(who !== undefined || !isOwn, `${name} does not list the workers that took it`),
    ),
    ...unless(new Set(names).size === names.length, 'two rows are of one lock and side'),
    ...mmuLockFaults(run),
  ]
}

function rowFaults({ name, side, who, ...lock }: LockRow): string[] {
  const of = (what: string) => `${name} ${side}: ${what}`
  const workers = who ?? []
  const average = lock.contended === 0 ? 0 : lock.waitTotalNs / lock.contended
  const sum = (field: 'acquisitions' | 'contended' | 'waitTotalNs') =>
    workers.reduce((total, each) => total + each[field], 0)
  const longest = Math.max(0, ...workers.map(({ waitMaxNs }) => waitMaxNs))
  const isWaited = lock.contended > 0
  return [
    ...unequal(of('average wait'), lock.waitAvgNs, average),
    ...(who === undefined
      ? []
      : [
          ...unequal(of('acquisitions of all workers'), lock.acquisitions, sum('acquisitions')),
          ...unequal(of('contended of all workers'), lock.contended, sum('contended')),
          ...unlike(of('waits of all workers'), lock.waitTotalNs, sum('waitTotalNs')),
          ...unequal(of('longest wait of all workers'), lock.waitMaxNs, longest),
        ]),
    ...[lock, ...workers].flatMap(({ acquisitions, contended }) =>
      unless(contended <= acquisitions, of(`${contended} of ${acquisitions} acquisitions were contended`)),
    ),
    ...(isWaited
      ? disordered(of('waits'), [
          ['the shortest', lock.waitMinNs],
          ['the average', lock.waitAvgNs],
          ['the longest', lock.waitMaxNs],
          ['all', lock.waitTotalNs],
        ])
      : unless(
          lock.waitTotalNs + lock.waitMinNs + lock.waitMaxNs === 0,
          of('no worker waited, but some ns were waited'),
        )),
    ...unless(
      (lock.holds ?? 0) <= lock.acquisitions,
      of(`${lock.holds} holds were timed of ${lock.acquisitions} acquisitions`),
    ),
    ...disordered(of('holds'), [
      ['the longest', lock.holdMaxNs],
      ['all', lock.holdTotalNs],
    ]),
    ...[...Object.values(lock), ...workers.flatMap((each) => Object.values(each))].flatMap((value) =>
      unless(typeof value !== 'number' || value >= 0, of(`${value} is no figure`)),
    ),
  ]
}

function mmuLockFaults({ locks, trials }: Run): string[] {
  const rows = locks.filter(({ name }) => name === 'mmuLock')
  const valuesOf = (metric: string) =>
    trials.flatMap(({ metrics }) => (Object.hasOwn(metrics, metric) ? metrics[metric]! : []))
  const shares = valuesOf('mmu_lock_contended_share')
  if (shares.length === 0) return []
  if (rows.length === 0) return ['mmuLock has no row, but trials have its mmu_lock_contended_share']
  const sum = (of: (row: LockRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const share = sum(({ contended }) => contended) / sum(({ acquisitions }) => acquisitions)
  const longest = valuesOf('mmu_lock_hold_max_ns')
  const waits = valuesOf('mmu_lock_wait_total_ns')
  const ofVcpus = sum(({ who = [] }) =>
    who.reduce((total, { worker, waitTotalNs }) => total + (worker.startsWith('vcpu ') ? waitTotalNs : 0), 0),
  )
  const isWithin = share >= Math.min(...shares) * (1 - 1e-9) && share <= Math.max(...shares) * (1 + 1e-9)
  return [
    ...unless(
      isWithin,
      `mmuLock: ${share} of all acquisitions were contended, which cannot be the mean of the trials' shares`,
    ),
    ...(longest.length === 0
      ? []
      : unequal(
          'mmuLock: the longest time that it was held',
          Math.max(...rows.map(({ holdMaxNs }) => holdMaxNs)),
          Math.max(...longest),
        )),
    ...(waits.length === shares.length
      ? unlike(
          'mmuLock: all waits of vCPUs',
          ofVcpus,
          waits.reduce((total, ns) => total + ns, 0),
        )
      : []),
  ]
}
