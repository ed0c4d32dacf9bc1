// The parts that the contracts of locks share.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Crew } from '../../threads/crew.contract.ts'
import type { Cpu, LockId, Side, Word } from '../cpu.ts'
import { Place } from '../place.ts'
import type { Steps } from '../steps.ts'
import { Stage } from '../testing.contract.ts'

/** All writes have reached both words, and no reader saw them differ. */
export function assertNothingIsTorn(crew: Crew): void {
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

/** Random schedules, where the checker explores all: each must leave the lock free and the protected words consistent. */
export function assertWhateverTheSchedule(build: (place: Place, cpus: number) => Sides): void {
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
export function assertFailsWithoutTrace(stage: Stage): void {
  stage.run(0)
  const held = [...stage.memory]
  stage.run(1)
  assert.equal(stage.stateOf(1), 'has ended')
  assert.equal(stage.resultOf(1), false)
  assert.deepEqual([...stage.memory], held)
}

/** The statistics of lock 0, the one under test. Contention is reported in any case: it is the lock that reports it. */
export function assertStatistics(
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
export function stepsOf<L>(build: (place: Place) => L, use: (cpu: Cpu, lock: L) => Steps<void>): readonly string[] {
  const place = new Place()
  const lock = build(place)
  const stage = new Stage(place, [(cpu) => use(cpu, lock)])
  stage.finish()
  return stage.trace
}

export function* inTurn(_cpu: Cpu, calls: readonly (() => Steps<unknown>)[]): Steps<void> {
  for (const call of calls) yield* call()
}
