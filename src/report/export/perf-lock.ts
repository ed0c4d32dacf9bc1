import { heldNs, holdsNote } from '../../bench/derived/locks.ts'
import type { LockRow, Run } from '../../bench/result.ts'
import { field } from './escape.ts'
import { type Exporter, fileName, labelsOf } from './exporter.ts'

/** The table of `perf lock contention`, most time first, and below it, as remarks, what perf does not know. */
export const perfLock: Exporter = {
  name: 'perf-lock',
  says: 'the table of `perf lock contention`, one file per run',
  extension: 'txt',
  files: ({ runs }) => locked(runs).map((run) => ({ name: nameOf(run), text: `${table(sorted(run.locks))}\n` })),
}

/** The same as `perf lock contention -x ,` prints it. */
export const perfLockCsv: Exporter = {
  name: 'perf-lock-csv',
  says: 'the same as `perf lock contention -x ,` prints it',
  extension: 'csv',
  files: ({ runs }) => locked(runs).map((run) => ({ name: nameOf(run), text: `${separated(sorted(run.locks))}\n` })),
}

const locked = (runs: readonly Run[]) => runs.filter(({ locks }) => locks.some(({ contended }) => contended > 0))
const nameOf = (run: Run) => fileName(labelsOf(run), run.machine)
const sorted = (locks: readonly LockRow[]) =>
  locks.filter(({ contended }) => contended > 0).toSorted((a, b) => b.waitTotalNs - a.waitTotalNs)

function table(locks: readonly LockRow[]): string {
  const header = `${key('contended', 10)}${key('total wait', 12)}${key('max wait', 12)}${key('avg wait', 12)}`
  const more = `${key('acquired', 10)}${key('total hold', 12)}${key('max hold', 12)}${key('min wait', 12)}`
  return [
    `${header}${callee('type', 'caller')}`,
    '',
    ...locks.map(
      (lock) =>
        `${key(lock.contended, 10)}${[lock.waitTotalNs, lock.waitMaxNs, lock.waitAvgNs].map(time).join('')}${callee(typeOf(lock), callerOf(lock))}`,
    ),
    '',
    `# ${more.slice(2)}${callee('type', 'caller')}`,
    '#',
    ...locks.map(
      (lock) =>
        `# ${key(lock.acquisitions, 8)}${[heldNs(lock), lock.holdMaxNs, lock.waitMinNs].map(time).join('')}${callee(typeOf(lock), callerOf(lock))}`,
    ),
    ...noteOf(locks),
  ].join('\n')
}

/** A comment, as the holds themselves are. */
function noteOf(locks: readonly LockRow[]): string[] {
  const note = holdsNote(locks)
  return note === undefined ? [] : ['#', `# ${note}`]
}

const key = (text: string | number, width: number) => `${String(text).padStart(width)} `
const callee = (type: string, caller: string) => `  ${type.padStart(10)}   ${caller}`

const UNITS: readonly (readonly [number, string])[] = [
  [3600e9, 'h '],
  [60e9, 'm '],
  [1e9, 's '],
  [1e6, 'ms'],
  [1e3, 'us'],
]

/** In a column of 12: two decimals and a unit of two letters, ns as whole numbers. */
function time(ns: number): string {
  const unit = UNITS.find(([least]) => ns >= least)
  const text = unit === undefined ? `${Math.round(ns)} ns` : `${(ns / unit[0]).toFixed(2)} ${unit[1]}`
  return key(text, 12)
}

const TYPES: Readonly<Record<string, string>> = {
  qrwlock: 'rwlock',
  rwsem: 'rwsem',
  mutex: 'mutex',
  qspinlock: 'spinlock',
  ticket: 'spinlock',
  tatas: 'spinlock',
}

/** perf names the side of a lock that has two. */
function typeOf({ kind, side }: LockRow): string {
  const type = Object.hasOwn(TYPES, kind) ? TYPES[kind]! : field(kind)
  return type.startsWith('rw') ? `${type}:${side === 'read' ? 'R' : 'W'}` : type
}

function separated(locks: readonly LockRow[]): string {
  const row = (lock: LockRow, count: number, times: readonly number[]) =>
    [count, ...times.map(Math.round), typeOf(lock), callerOf(lock)].join(', ')
  return [
    '# output: contended, total wait, max wait, avg wait, type, caller',
    ...locks.map((lock) => row(lock, lock.contended, [lock.waitTotalNs, lock.waitMaxNs, lock.waitAvgNs])),
    '# acquired, total hold, max hold, min wait, type, caller',
    ...locks.map((lock) => `# ${row(lock, lock.acquisitions, [heldNs(lock), lock.holdMaxNs, lock.waitMinNs])}`),
    ...noteOf(locks),
  ].join('\n')
}

const callerOf = ({ name }: LockRow) => field(name)
