import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu } from '../cpu.ts'
import { Mutex } from '../locks/mutex.ts'
import { RwSem } from '../locks/rwsem.ts'
import { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { Stage } from '../testing.contract.ts'
import { OwnedLock, OwnedRwLock } from './owned-locks.ts'

/** The number of the oracle. */
const NOT_HELD = 7

/** The oracle's findings for CPUs that do this to a mutex and to a semaphore in turn. */
function violationsOf(...acts: readonly ((cpu: Cpu, mutex: OwnedLock, sem: OwnedRwLock) => Steps<unknown>)[]) {
  const place = new Place()
  const mutex = new OwnedLock(new Mutex(place.within('mutex')), acts.length, NOT_HELD)
  const sem = new OwnedRwLock(new RwSem(place.within('sem'), acts.length), acts.length, NOT_HELD)
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(cpu, mutex, sem)),
  )
  for (const cpu of acts.keys()) stage.run(cpu)
  return stage.cpus.flatMap(({ violations }) => violations.map(({ oracle }) => oracle))
}

test('the owner of a lock may release it, on its side', () => {
  const none = violationsOf(function* (cpu, mutex, sem) {
    yield* mutex.acquire(cpu)
    yield* sem.readLock(cpu)
    yield* sem.readUnlock(cpu)
    const isWriter = yield* sem.tryWriteLock(cpu)
    assert.equal(isWriter, true)
    yield* sem.writeUnlock(cpu)
    yield* mutex.release(cpu)
  })
  assert.deepEqual(none, [])
})

test('a lock that another CPU holds may not be released, nor one twice', () => {
  const keeps = (cpu: Cpu, mutex: OwnedLock) => mutex.acquire(cpu)
  const releases = (cpu: Cpu, mutex: OwnedLock) => mutex.release(cpu)
  assert.deepEqual(violationsOf(keeps, releases), [NOT_HELD])
  const twice = violationsOf(function* (cpu, mutex) {
    yield* mutex.acquire(cpu)
    yield* mutex.release(cpu)
    yield* mutex.release(cpu)
  })
  assert.deepEqual(twice, [NOT_HELD])
})

test('a semaphore that is held for read may not be released for write', () => {
  const wrongSide = violationsOf(function* (cpu, _, sem) {
    yield* sem.readLock(cpu)
    yield* sem.writeUnlock(cpu)
  })
  assert.deepEqual(wrongSide, [NOT_HELD])
})
