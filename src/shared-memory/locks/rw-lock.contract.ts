// What every lock with two sides must satisfy, on real threads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew, type Member } from '../../threads/crew.contract.ts'
import type { Kind } from '../../threads/crew-worker.contract.ts'
import { type Cpu, READ, WRITE } from '../cpu.ts'
import { WatchedRwLock } from '../lockstat.ts'
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
import type { RwLock } from './lock.ts'

export type RwLockClaims = {
  readonly kind: Kind
  readonly build: (place: Place, cpus: number) => RwLock
}

export function rwLockContract({ kind, build }: RwLockClaims): void {
  for (const cpus of [2, 8]) {
    test(`${kind}: ${cpus} workers read together and write alone, and each of them makes progress`, async () => {
      await using crew = await Crew.of({ kind }, cpus)
      await crew.drill('share', 1000)
      assertNothingIsTorn(crew)
    })

    test(`${kind}: ${cpus} writers exclude each other, and each of them makes progress`, async () => {
      await using crew = await Crew.of({ kind }, cpus)
      await crew.drill('exclude', 1000)
      assertNothingIsTorn(crew)
    })
  }

  compiledContract(kind, ['share', 'exclude'])

  test(`${kind}: two readers are inside at once, and the writer comes after the last`, async () => {
    await using crew = await Crew.of({ kind }, 3)
    const [a, b, writer] = crew.members as [Member, Member, Member]
    await a.do('readLock')
    await b.do('readLock')
    assert.equal(await writer.do('tryWriteLock'), 0)
    await writer.queue('writeLock')
    await a.do('readUnlock')
    assert.ok(writer.isWaiting)
    await b.do('readUnlock')
    await writer.done()
  })

  test(`${kind}: a writer is alone`, async () => {
    await using crew = await Crew.of({ kind }, 2)
    const [writer, other] = crew.members as [Member, Member]
    assert.equal(await writer.do('tryWriteLock'), 1)
    assert.equal(await other.do('tryReadLock'), 0)
    assert.equal(await other.do('tryWriteLock'), 0)
    await other.queue('readLock')
    await writer.do('writeUnlock')
    await other.done()
    assert.equal(await writer.do('tryWriteLock'), 0)
    assert.equal(await writer.do('tryReadLock'), 1)
  })

  test(`${kind}: a waiting writer keeps new readers out`, async () => {
    await using crew = await Crew.of({ kind }, 3)
    const [reader, writer, late] = crew.members as [Member, Member, Member]
    await reader.do('readLock')
    await writer.queue('writeLock')
    assert.equal(await late.do('tryReadLock'), 0)
    await late.queue('readLock')
    await reader.do('readUnlock')
    await writer.done()
    assert.ok(late.isWaiting)
    await writer.do('writeUnlock')
    await late.done()
  })

  test(`${kind}: readers and writers are served in the order of arrival`, async () => {
    await using crew = await Crew.of({ kind }, 5)
    const [owner, first, second, third, fourth] = crew.members as [Member, Member, Member, Member, Member]
    await owner.do('writeLock')
    await first.queue('readLock')
    await second.queue('writeLock')
    await third.queue('writeLock')
    await fourth.queue('readLock')
    await owner.do('writeUnlock')
    const unlocks = ['readUnlock', 'writeUnlock', 'writeUnlock', 'readUnlock'] as const
    for (const [index, member] of [first, second, third, fourth].entries()) {
      await member.done()
      assert.ok(crew.members.slice(index + 2).every((later) => !later.isDone))
      await member.do(unlocks[index]!)
    }
  })

  test(`${kind}: readers that wait next to each other come in together`, async () => {
    await using crew = await Crew.of({ kind }, 4)
    const [owner, ...readers] = crew.members
    await owner!.do('writeLock')
    for (const reader of readers) await reader.queue('readLock')
    await owner!.do('writeUnlock')
    for (const reader of readers) await reader.done()
  })

  test(`${kind}: a release wakes the sleepers that may come in`, async () => {
    await using crew = await Crew.of({ kind }, 3, 0)
    const [a, b, c] = crew.members as [Member, Member, Member]
    for (let round = 0; round < 20; round += 1) {
      await a.do('writeLock')
      await b.queue('readLock')
      await c.queue('writeLock')
      await a.do('writeUnlock')
      await b.done()
      await b.do('readUnlock')
      await c.done()
      await c.do('writeUnlock')
    }
    assert.equal(crew.memory.sleepers[0], 0)
  })

  test(`${kind}: it is contended while a CPU waits, and not while readers share it`, async () => {
    await using crew = await Crew.of({ kind }, 4)
    const [a, b, c, observer] = crew.members as [Member, Member, Member, Member]
    const isContended = () => observer.do('isContended')
    assert.equal(await isContended(), 0)
    await a.do('readLock')
    await b.do('readLock')
    assert.equal(await isContended(), 0)
    await c.queue('writeLock')
    assert.equal(await isContended(), 1)
    await a.do('readUnlock')
    assert.equal(await isContended(), 1)
    await b.do('readUnlock')
    await c.done()
    assert.equal(await isContended(), 0)
    await a.queue('readLock')
    assert.equal(await isContended(), 1)
    await c.do('writeUnlock')
    await a.done()
    assert.equal(await isContended(), 0)
  })

  test(`${kind}: whatever the schedule, each CPU gets in and no writer meets another`, () => {
    assertWhateverTheSchedule((place, cpus) => {
      const lock = build(place, cpus)
      return {
        acquire: (alone) => (cpu) => (alone ? lock.writeLock(cpu) : lock.readLock(cpu)),
        release: (alone) => (cpu) => (alone ? lock.writeUnlock(cpu) : lock.readUnlock(cpu)),
        alone: (turn) => turn % 2 === 0,
      }
    })
  })

  for (const [held, tried] of [
    ['writeLock', 'tryReadLock'],
    ['writeLock', 'tryWriteLock'],
    ['readLock', 'tryWriteLock'],
  ] as const) {
    test(`${kind}: ${tried} against ${held} neither waits nor leaves a trace`, () => {
      const place = new Place()
      const lock = build(place, 2)
      assertFailsWithoutTrace(new Stage(place, [(cpu) => lock[held](cpu), (cpu) => lock[tried](cpu)]))
    })
  }

  for (const isWatched of [true, false]) {
    test(`${kind}: statistics that are ${isWatched ? 'kept are exact' : 'not kept are empty'}`, async () => {
      await using crew = await Crew.of({ kind, isWatched }, 3)
      const [writer, reader, observer] = crew.members as [Member, Member, Member]
      await writer.do('writeLock')
      await reader.queue('readLock')
      assert.equal(await observer.do('tryReadLock'), 0)
      await writer.do('writeUnlock')
      await reader.done()
      assert.equal(await observer.do('tryReadLock'), 1)
      await writer.queue('writeLock')
      await reader.do('readUnlock')
      await observer.do('readUnlock')
      await writer.done()
      await writer.do('writeUnlock')
      assertStatistics(crew, READ, isWatched, { acquisitions: 2, contended: 1 })
      assertStatistics(crew, WRITE, isWatched, { acquisitions: 2, contended: 1 })
    })
  }

  test(`${kind}: keeping statistics adds no step`, () => {
    const all = (cpu: Cpu, lock: RwLock) =>
      inTurn(cpu, [
        () => lock.readLock(cpu),
        () => lock.readUnlock(cpu),
        () => lock.writeLock(cpu),
        () => lock.isContended(cpu),
        () => lock.writeUnlock(cpu),
      ])
    assert.deepEqual(
      stepsOf((place) => new WatchedRwLock(build(place, 1)), all),
      stepsOf((place) => build(place, 1), all),
    )
  })
}
