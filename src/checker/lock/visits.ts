import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import type { Lock, RwLock } from '../../shared-memory/locks/lock.ts'
import type { Steps } from '../../shared-memory/steps.ts'

// The actions of CPUs on a lock under test. This folder is traced like the lock, so that every step is visible.

/** A lock, and the data that it protects. */
export type Guarded<L> = {
  readonly lock: L
  /** The CPU that is inside, as it writes itself: its number from 1 on. */
  readonly inside: Word
  /** Times that a CPU was inside alone. */
  readonly total: Word
  /** The progress of CPUs that wait for each other outside the lock. */
  readonly stage: Word
  /** The words of the lock, to see whether they change. */
  readonly own: readonly Word[]
}

/** Inside alone. Plain accesses only: nothing but the lock keeps them apart, and in order. */
export function* alone(cpu: Cpu, { inside, total }: Guarded<unknown>): Steps<void> {
  const before = yield* cpu.read(inside)
  yield* cpu.write(inside, cpu.id + 1)
  const count = yield* cpu.read(total)
  yield* cpu.write(total, count + 1)
  const after = yield* cpu.read(inside)
  if (before !== 0 || after !== cpu.id + 1) cpu.violation(0, cpu.id)
  yield* cpu.write(inside, 0)
}

/** Inside with other readers: no CPU writes meanwhile. */
export function* together(cpu: Cpu, { inside, total }: Guarded<unknown>): Steps<void> {
  const before = yield* cpu.read(inside)
  const first = yield* cpu.read(total)
  const second = yield* cpu.read(total)
  const after = yield* cpu.read(inside)
  if (before !== 0 || after !== 0 || first !== second) cpu.violation(0, cpu.id)
}

export function* visits(cpu: Cpu, guarded: Guarded<Lock>, rounds: number): Steps<void> {
  for (let round = 0; round < rounds; round += 1) {
    yield* guarded.lock.acquire(cpu)
    yield* alone(cpu, guarded)
    yield* guarded.lock.release(cpu)
  }
}

/** Takes and releases it, and nothing else. */
export function* visitsForEver(cpu: Cpu, { lock }: Guarded<Lock>): Steps<never> {
  for (;;) {
    yield* lock.acquire(cpu)
    yield* lock.release(cpu)
  }
}

export function* readsForEver(cpu: Cpu, { lock }: Guarded<RwLock>): Steps<never> {
  for (;;) {
    yield* lock.readLock(cpu)
    yield* lock.readUnlock(cpu)
  }
}

export function* writes(cpu: Cpu, guarded: Guarded<RwLock>, rounds: number): Steps<void> {
  for (let round = 0; round < rounds; round += 1) {
    yield* guarded.lock.writeLock(cpu)
    yield* alone(cpu, guarded)
    yield* guarded.lock.writeUnlock(cpu)
  }
}

export function* reads(cpu: Cpu, guarded: Guarded<RwLock>, rounds: number): Steps<void> {
  for (let round = 0; round < rounds; round += 1) {
    yield* guarded.lock.readLock(cpu)
    yield* together(cpu, guarded)
    yield* guarded.lock.readUnlock(cpu)
  }
}

/** Goes in if it is free. Returns whether it was: 1 or 0. */
export function* triesOnce(cpu: Cpu, guarded: Guarded<Lock>): Steps<number> {
  const isTaken = yield* guarded.lock.tryAcquire(cpu)
  if (!isTaken) return 0
  yield* alone(cpu, guarded)
  yield* guarded.lock.release(cpu)
  return 1
}

export function* triesToWrite(cpu: Cpu, guarded: Guarded<RwLock>): Steps<number> {
  const isTaken = yield* guarded.lock.tryWriteLock(cpu)
  if (!isTaken) return 0
  yield* alone(cpu, guarded)
  yield* guarded.lock.writeUnlock(cpu)
  return 1
}

export function* triesToRead(cpu: Cpu, guarded: Guarded<RwLock>): Steps<number> {
  const isTaken = yield* guarded.lock.tryReadLock(cpu)
  if (!isTaken) return 0
  yield* together(cpu, guarded)
  yield* guarded.lock.readUnlock(cpu)
  return 1
}

type Step = (cpu: Cpu) => Steps<unknown>

/** Takes the lock, lets the other CPU try, and releases the lock when that has finished. */
export function* holds(cpu: Cpu, { stage }: Guarded<unknown>, take: Step, release: Step): Steps<void> {
  yield* take(cpu)
  yield* cpu.storeRelease(stage, 1)
  yield* cpu.untilEqual(stage, 2)
  yield* release(cpu)
}

/** Tries to take a held lock: the try must fail at once, and change nothing. Returns what the try returned. */
export function* failsToTake(cpu: Cpu, { stage, own }: Guarded<unknown>, attempt: Step): Steps<unknown> {
  yield* cpu.untilEqual(stage, 1)
  const before = own.map((word) => cpu.peek(word))
  const got = yield* attempt(cpu)
  if (own.some((word, at) => cpu.peek(word) !== before[at])) cpu.violation(1, cpu.id)
  yield* cpu.storeRelease(stage, 2)
  return got
}

/** Two readers, each of which stays inside until the other is there too. */
export function* meets(cpu: Cpu, { lock, stage }: Guarded<RwLock>): Steps<void> {
  yield* lock.readLock(cpu)
  yield* cpu.add(stage, 1)
  yield* cpu.untilEqual(stage, 2)
  yield* lock.readUnlock(cpu)
}
