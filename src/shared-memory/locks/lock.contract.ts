// What every lock must satisfy, on real threads. Each lock's own test calls it, and adds what it claims beyond.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew, type Member } from '../../threads/crew.contract.ts'
import type { Kind } from '../../threads/crew-worker.contract.ts'
import { type Cpu, WRITE } from '../cpu.ts'
import { WatchedLock } from '../lockstat.ts'
import { Place } from '../place.ts'
import { Stage } from '../testing.contract.ts'
import { compiledContract } from './compiled.contract.ts'
import {
  assertFailsWithoutTrace,
  assertNothingIsTorn,
  assertStatistics,
  assertWhateverTheSchedule,
  inTurn,
  stepsOf,
} from './holding.contract.ts'
import type { Lock } from './lock.ts'

export type LockClaims = {
  readonly kind: Kind
  readonly build: (place: Place, cpus: number) => Lock
  /** Whether waiters are served in the order of arrival. */
  readonly isFair: boolean
  /** How many of two waiters the lock reports as contention. */
  readonly contended: number
}

export function lockContract({ kind, build, isFair, contended }: LockClaims): void {
  for (const cpus of [2, 8]) {
    test(`${kind}: ${cpus} workers exclude each other, and each of them makes progress`, async () => {
      await using crew = await Crew.of({ kind }, cpus)
      await crew.drill('exclude', 1000)
      assertNothingIsTorn(crew)
    })
  }
  compiledContract(kind, ['exclude'])

  test(`${kind}: a try takes a free lock, and never a held one`, async () => {
    await using crew = await Crew.of({ kind }, 2)
    const [a, b] = crew.members as [Member, Member]
    assert.equal(await a.do('tryAcquire'), 1)
    assert.equal(await b.do('tryAcquire'), 0)
    await a.do('release')
    assert.equal(await b.do('tryAcquire'), 1)
    assert.equal(await a.do('tryAcquire'), 0)
    await b.do('release')
    await a.do('acquire')
    assert.equal(await b.do('tryAcquire'), 0)
  })

  test(`${kind}: a try that fails neither waits nor changes the lock`, () => {
    const place = new Place()
    const lock = build(place, 2)
    const stage = new Stage(place, [(cpu) => lock.acquire(cpu), (cpu) => lock.tryAcquire(cpu)])
    assertFailsWithoutTrace(stage)
  })

  test(`${kind}: in any schedule each CPU gets the lock, and no two hold it at the same time`, () => {
    assertWhateverTheSchedule((place, cpus) => {
      const lock = build(place, cpus)
      return { acquire: () => (cpu) => lock.acquire(cpu), release: () => (cpu) => lock.release(cpu), alone: () => true }
    })
  })

  test(`${kind}: a release wakes one sleeper`, async () => {
    await using crew = await Crew.of({ kind }, 2, 0)
    const [a, b] = crew.members as [Member, Member]
    for (let round = 0; round < 20; round += 1) {
      await a.do('acquire')
      await b.queue('acquire')
      await a.do('release')
      await b.done()
      assert.equal(await a.do('tryAcquire'), 0)
      await b.do('release')
    }
    assert.equal(crew.memory.sleepers[0], 0)
  })

  const skip = isFair ? false : 'it does not claim to be fair'
  test(`${kind}: waiters are served in the order of arrival`, { skip }, async () => {
    await using crew = await Crew.of({ kind }, 5)
    const [owner, ...waiters] = crew.members
    await owner!.do('acquire')
    for (const waiter of waiters) await waiter.queue('acquire')
    await owner!.do('release')
    assert.deepEqual(await orderOfService(crew, waiters, 'release'), waiters)
  })

  for (const isWatched of [true, false]) {
    test(`${kind}: statistics that are ${isWatched ? 'kept are exact' : 'not kept are empty'}`, async () => {
      await using crew = await Crew.of({ kind, isWatched }, 3)
      const [owner, ...waiters] = crew.members
      await owner!.do('acquire')
      for (const waiter of waiters) await waiter.queue('acquire')
      await owner!.do('release')
      await orderOfService(crew, waiters, 'release')
      assert.equal(await owner!.do('tryAcquire'), 1)
      assert.equal(await waiters[0]!.do('tryAcquire'), 0)
      await owner!.do('release')
      assertStatistics(crew, WRITE, isWatched, { acquisitions: 4, contended })
    })
  }

  test(`${kind}: keeping statistics adds no step`, () => {
    const both = (cpu: Cpu, lock: Lock) => inTurn(cpu, [() => lock.acquire(cpu), () => lock.release(cpu)])
    assert.deepEqual(
      stepsOf((place) => new WatchedLock(build(place, 1)), both),
      stepsOf((place) => build(place, 1), both),
    )
  })
}

/** Lets each of the waiters go on as soon as it has the lock; returns them in the order in which they had it. */
async function orderOfService(crew: Crew, waiters: readonly Member[], unlock: 'release'): Promise<Member[]> {
  const served: Member[] = []
  while (served.length < waiters.length) {
    const next = () => waiters.find((waiter) => waiter.isDone && !served.includes(waiter))
    await crew.until(() => next() !== undefined, `waiter ${served.length} to be served`)
    served.push(next()!)
    await served.at(-1)!.do(unlock)
  }
  return served
}
