import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { Lock, RwLock } from '../../shared-memory/locks/lock.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { allEnd, type Exploration } from '../exploration.ts'
import type { Guarded } from './visits.ts'

type Visits = typeof import('./visits.ts')
export type Build<L> = (place: Place, cpus: number) => L

/** Something that a lock must keep, and the exploration that shows whether it does. */
export type Clause = {
  readonly says: string
  /** The meaning of a violation; if it is missing, the exploration's finding is printed. */
  readonly violated: string
  readonly exploration: Exploration<never>
  /** Good to know, and nothing that every lock must keep. */
  readonly isNote?: true
}

type Act<L> = (cpu: Cpu, guarded: Guarded<L>) => Steps<unknown>

function clause<L>(
  build: Build<L>,
  says: string,
  violated: string,
  acts: readonly Act<L>[],
  oracle: Exploration<Guarded<L>>['oracle'] = allEnd,
): Clause {
  const setup = (place: Place): Guarded<L> => {
    const lock = build(place.within('lock'), acts.length)
    const own = place.entries.flatMap(({ word, words }) =>
      Array.from({ length: words }, (_, at) => (word + at) as Word),
    )
    return { lock, own, inside: place.line('inside'), total: place.line('total'), stage: place.line('stage') }
  }
  const actors = Object.fromEntries(acts.map((act, cpu) => [`cpu${cpu}`, act]))
  return { says, violated, exploration: { setup, actors, oracle } as unknown as Exploration<never> }
}

/** Whether a waiting CPU finally gets the lock while another takes and releases it forever. */
function fairNote<L>(build: Build<L>, says: string, waiter: Act<L>, hog: Act<L>): Clause {
  const { exploration, violated } = clause(build, says, '', [waiter, hog])
  const asked = { ...exploration, mustEnd: ['cpu0'], fairness: 'strong' as const }
  return { says, violated, exploration: asked, isNote: true }
}

/** `rounds` times each, no write may be lost. */
const addsUpTo =
  <L>(expected: number): Exploration<Guarded<L>>['oracle'] =>
  ({ subject, valueIn }) =>
    valueIn(subject.total) === expected ? undefined : `of ${expected} writes inside ${valueIn(subject.total)} are left`

const returnsValue =
  <L>(cpu: number, expected: unknown, says: string): Exploration<Guarded<L>>['oracle'] =>
  ({ results }) =>
    results[cpu] === expected ? undefined : says

const TOGETHER = 'two were inside that exclude each other'
const TRACE = 'a try that failed has changed the lock'

/** The clauses for every lock with one side. `hasTry`: it has a try method. */
export function lockContract(build: Build<Lock>, visits: Visits, hasTry: boolean): Clause[] {
  const visit =
    (rounds: number): Act<Lock> =>
    (cpu, guarded) =>
      visits.visits(cpu, guarded, rounds)
  const attempt: Act<Lock> = (cpu, guarded) => visits.triesOnce(cpu, guarded)
  const holder: Act<Lock> = (cpu, guarded) =>
    visits.holds(
      cpu,
      guarded,
      (own) => guarded.lock.acquire(own),
      (own) => guarded.lock.release(own),
    )
  const failing: Act<Lock> = (cpu, guarded) => visits.failsToTake(cpu, guarded, (own) => guarded.lock.tryAcquire(own))
  const free = returnsValue<Lock>(0, 1, 'a try did not take a lock that was free')
  return [
    clause(build, 'one CPU takes and releases it, again and again', TOGETHER, [visit(4)], addsUpTo(4)),
    clause(
      build,
      '2 CPUs exclude each other, 2 rounds each, and both end',
      TOGETHER,
      [visit(2), visit(2)],
      addsUpTo(4),
    ),
    clause(
      build,
      '3 CPUs exclude each other, a round each, and all end',
      TOGETHER,
      [visit(1), visit(1), visit(1)],
      addsUpTo(3),
    ),
    ...(hasTry
      ? [
          clause(build, 'a try takes a free lock', TOGETHER, [attempt], free),
          clause(
            build,
            'a try of a held lock fails, does not wait and leaves no trace',
            TRACE,
            [holder, failing],
            returnsValue(1, false, 'a try took a lock that another held'),
          ),
          clause(build, '2 CPUs that wait and one that tries exclude each other', TOGETHER, [
            visit(1),
            visit(1),
            attempt,
          ]),
        ]
      : []),
    fairNote(build, 'a waiter eventually gets the lock, whatever another CPU does', visit(1), (cpu, guarded) =>
      visits.visitsForEver(cpu, guarded),
    ),
  ]
}

/** The clauses for every lock with readers and writers. */
export function rwLockContract(build: Build<RwLock>, visits: Visits, hasTry: boolean): Clause[] {
  const write =
    (rounds: number): Act<RwLock> =>
    (cpu, guarded) =>
      visits.writes(cpu, guarded, rounds)
  const read =
    (rounds: number): Act<RwLock> =>
    (cpu, guarded) =>
      visits.reads(cpu, guarded, rounds)
  const meet: Act<RwLock> = (cpu, guarded) => visits.meets(cpu, guarded)
  return [
    clause(build, 'one CPU writes and reads, again and again', TOGETHER, [write(3)], addsUpTo(3)),
    clause(
      build,
      '2 writers exclude each other, 2 rounds each, and both end',
      TOGETHER,
      [write(2), write(2)],
      addsUpTo(4),
    ),
    clause(build, 'a writer excludes 2 readers, and all end', TOGETHER, [write(1), read(1), read(1)], addsUpTo(1)),
    clause(build, '2 writers exclude a reader, and all end', TOGETHER, [write(1), write(1), read(1)], addsUpTo(2)),
    clause(build, '2 readers are inside at the same time', TOGETHER, [meet, meet]),
    ...(hasTry ? rwTries(build, visits, write(1), read(1)) : []),
    fairNote(build, 'a waiting writer eventually gets the lock, whatever a reader does', write(1), (cpu, guarded) =>
      visits.readsForEver(cpu, guarded),
    ),
  ]
}

function rwTries(build: Build<RwLock>, visits: Visits, write: Act<RwLock>, read: Act<RwLock>): Clause[] {
  const tryWrite: Act<RwLock> = (cpu, guarded) => visits.triesToWrite(cpu, guarded)
  const tryRead: Act<RwLock> = (cpu, guarded) => visits.triesToRead(cpu, guarded)
  const writer: Act<RwLock> = (cpu, guarded) =>
    visits.holds(
      cpu,
      guarded,
      (own) => guarded.lock.writeLock(own),
      (own) => guarded.lock.writeUnlock(own),
    )
  const reader: Act<RwLock> = (cpu, guarded) =>
    visits.holds(
      cpu,
      guarded,
      (own) => guarded.lock.readLock(own),
      (own) => guarded.lock.readUnlock(own),
    )
  const failWrite: Act<RwLock> = (cpu, guarded) =>
    visits.failsToTake(cpu, guarded, (own) => guarded.lock.tryWriteLock(own))
  const failRead: Act<RwLock> = (cpu, guarded) =>
    visits.failsToTake(cpu, guarded, (own) => guarded.lock.tryReadLock(own))
  const held = returnsValue<RwLock>(1, false, 'a try took a lock that another held')
  return [
    clause(build, 'a try to write takes a free lock', TOGETHER, [tryWrite], returnsValue(0, 1, 'it did not')),
    clause(build, 'a try to read takes a free lock', TOGETHER, [tryRead], returnsValue(0, 1, 'it did not')),
    clause(build, 'a try to write fails against a writer, without a wait or a trace', TRACE, [writer, failWrite], held),
    clause(build, 'a try to read fails against a writer, without a wait or a trace', TRACE, [writer, failRead], held),
    clause(build, 'a try to write fails against a reader, without a wait or a trace', TRACE, [reader, failWrite], held),
    clause(build, 'tries exclude a waiter', TOGETHER, [write, tryWrite, tryRead]),
    clause(build, 'a try to write excludes a reader', TOGETHER, [read, tryWrite, read]),
  ]
}
