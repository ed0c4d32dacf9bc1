// What every lock must satisfy, on real threads. Each lock's own test calls it, and adds what it claims beyond.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Crew, type Member } from '../../threads/crew.contract.ts'
import type { Kind } from '../../threads/crew-worker.contract.ts'
import { type Cpu, type LockId, READ, type Side, type Word, WRITE } from '../cpu.ts'
import { WatchedLock, WatchedRwLock } from '../lockstat.ts'
import { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { Stage } from '../testing.contract.ts'
import type { Lock, RwLock } from './lock.ts'

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

  test(`${kind}: a try takes a free lock, and never breaks into a held one`, async () => {
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

  test(`${kind}: a try that fails neither waits nor leaves a trace`, () => {
    const place = new Place()
    const lock = build(place, 2)
    const stage = new Stage(place, [(cpu) => lock.acquire(cpu), (cpu) => lock.tryAcquire(cpu)])
    assertFailsWithoutTrace(stage)
  })

  test(`${kind}: whatever the schedule, everybody gets in and nobody meets another`, () => {
    assertWhateverTheSchedule((place, cpus) => {
      const lock = build(place, cpus)
      return { acquire: () => (cpu) => lock.acquire(cpu), release: () => (cpu) => lock.release(cpu), alone: () => true }
    })
  })

  test(`${kind}: whoever lets go wakes one who sleeps`, async () => {
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

/** The same of the compiled lock: alone, and on one memory with workers that run its JavaScript. */
export function compiledContract(kind: Kind, drills: readonly ('exclude' | 'share' | 'sequence')[]): void {
  for (const [words, cpus] of [
    ['wasm', 2],
    ['mixed', 2],
    ['mixed', 4],
  ] as const) {
    for (const drill of drills) {
      test(`${kind}: ${cpus} workers on ${words} words hold together (${drill})`, async () => {
        await using crew = await Crew.of({ kind, words }, cpus)
        await crew.drill(drill, 1000)
        assertNothingIsTorn(crew)
      })
    }
  }

  test(`${kind}: compiled, it wakes one who sleeps in JavaScript, and is woken by it`, async () => {
    await using crew = await Crew.of({ kind, words: 'mixed' }, 2, 0)
    const [a, b] = crew.members as [Member, Member]
    for (const [owner, waiter] of [
      [a, b],
      [b, a],
    ] as const) {
      await owner.do(takes(kind))
      await waiter.queue(waits(kind))
      await owner.do(leaves(kind))
      await waiter.done()
      if (isShared(kind)) await waiter.do('readUnlock')
      else if (kind !== 'seqcount') await waiter.do('release')
    }
    assert.equal(crew.memory.sleepers[0], 0)
  })
}

const isShared = (kind: Kind) => kind === 'qrwlock' || kind === 'rwsem'
const takes = (kind: Kind) => (kind === 'seqcount' ? 'writeBegin' : isShared(kind) ? 'writeLock' : 'acquire')
const waits = (kind: Kind) => (kind === 'seqcount' ? 'readBegin' : isShared(kind) ? 'readLock' : 'acquire')
const leaves = (kind: Kind) => (kind === 'seqcount' ? 'writeEnd' : isShared(kind) ? 'writeUnlock' : 'release')

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

  test(`${kind}: readers who wait next to each other come in together`, async () => {
    await using crew = await Crew.of({ kind }, 4)
    const [owner, ...readers] = crew.members
    await owner!.do('writeLock')
    for (const reader of readers) await reader.queue('readLock')
    await owner!.do('writeUnlock')
    for (const reader of readers) await reader.done()
  })

  test(`${kind}: whoever lets go wakes those who sleep`, async () => {
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

  test(`${kind}: it is contended while somebody waits, and not while readers share it`, async () => {
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

  test(`${kind}: whatever the schedule, everybody gets in and no writer meets another`, () => {
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

/** All writes have reached both words, and nobody saw them differ. */
function assertNothingIsTorn(crew: Crew): void {
  const writes = crew.members.reduce((sum, member) => sum + member.writes, 0)
  assert.equal(crew.valueOf(crew.left), writes)
  assert.equal(crew.valueOf(crew.right), writes)
  assert.deepEqual(
    crew.members.map(({ torn }) => torn),
    crew.members.map(() => 0),
  )
  assert.equal(crew.memory.sleepers[0], 0)
}

type Sides = {
  readonly acquire: (alone: boolean) => (cpu: Cpu) => Steps<void>
  readonly release: (alone: boolean) => (cpu: Cpu) => Steps<void>
  /** Whether this turn of an actor is one that wants to be alone. */
  readonly alone: (turn: number) => boolean
}

const ACTORS = 3
const TURNS = 3

/** By chance where the checker explores all: any schedule must leave the lock free and its subject whole. */
function assertWhateverTheSchedule(build: (place: Place, cpus: number) => Sides): void {
  const schedule = fc.array(fc.nat(ACTORS * 7), { minLength: 20, maxLength: 250 })
  fc.assert(
    fc.property(schedule, (numbers) => {
      const place = new Place()
      const sides = build(place, ACTORS)
      const subject = place.line('subject')
      const stage = new Stage(
        place,
        Array.from({ length: ACTORS }, () => (cpu: Cpu) => visit(cpu, sides, subject)),
      )
      assert.ok(stage.pick(numbers).finish(), stuck(stage))
      assert.deepEqual(
        stage.cpus.flatMap(({ violations }) => violations),
        [],
      )
      assert.equal(stage.valueOf(subject), 0)
    }),
    { numRuns: 400 },
  )
}

function* visit(cpu: Cpu, { acquire, release, alone }: Sides, subject: Word): Steps<void> {
  for (let turn = cpu.id; turn < cpu.id + TURNS; turn += 1) {
    yield* acquire(alone(turn))(cpu)
    const before = yield* cpu.read(subject)
    if (alone(turn)) yield* cpu.write(subject, cpu.id + 1)
    const after = yield* cpu.read(subject)
    if (before !== 0 || after !== (alone(turn) ? cpu.id + 1 : 0)) cpu.violation(0, turn)
    if (alone(turn)) yield* cpu.write(subject, 0)
    yield* release(alone(turn))(cpu)
  }
}

const stuck = (stage: Stage) => stage.cpus.map(({ id }) => `actor ${id} ${stage.stateOf(id)}`).join(', ')

/** Actor 0 takes the lock and keeps it; actor 1 tries and must not get it. */
function assertFailsWithoutTrace(stage: Stage): void {
  stage.run(0)
  const held = [...stage.memory]
  stage.run(1)
  assert.equal(stage.stateOf(1), 'has ended')
  assert.equal(stage.resultOf(1), false)
  assert.deepEqual([...stage.memory], held)
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

/** Of lock 0, which is the one under test. Contention is reported in any case: it is the lock that reports it. */
function assertStatistics(
  crew: Crew,
  side: Side,
  isKept: boolean,
  { acquisitions, contended }: { acquisitions: number; contended: number },
): void {
  const each = crew.members.map(({ cpu }) => crew.records.of(cpu).lock(0 as LockId, side))
  const sum = (field: keyof (typeof each)[number]) => each.reduce((total, record) => total + record[field], 0)
  assert.equal(sum('contended'), contended)
  assert.equal(sum('acquisitions'), isKept ? acquisitions : 0)
  assert.equal(sum('holds'), isKept ? acquisitions : 0)
  assert.equal(sum('holdTotalNs') > 0, isKept)
  const waited = each.filter(({ waitTotalNs }) => waitTotalNs > 0).length
  assert.equal(waited, isKept ? contended : 0)
}

/** The steps of one CPU that has the lock to itself. */
function stepsOf<L>(build: (place: Place) => L, use: (cpu: Cpu, lock: L) => Steps<void>): readonly string[] {
  const place = new Place()
  const lock = build(place)
  const stage = new Stage(place, [(cpu) => use(cpu, lock)])
  stage.finish()
  return stage.trace
}

function* inTurn(_cpu: Cpu, calls: readonly (() => Steps<unknown>)[]): Steps<void> {
  for (const call of calls) yield* call()
}
