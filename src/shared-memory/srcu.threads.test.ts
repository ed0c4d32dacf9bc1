import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Crew, type Member } from '../threads/crew.contract.ts'
import type { Cpu, Word } from './cpu.ts'
import { Place } from './place.ts'
import { Srcu } from './srcu.ts'
import type { Steps } from './steps.ts'
import { Stage } from './testing.contract.ts'

type Shared = { readonly srcu: Srcu; readonly pointer: Word; readonly cells: readonly Word[] }
type Act = (cpu: Cpu, shared: Shared) => Steps<unknown>

const POISON = -1

/** Follows the pointer and reads behind it, as often as `times`; returns what it read. */
const reads = (times: number): Act =>
  function* (cpu, { srcu, pointer, cells }) {
    const seen: number[] = []
    for (let time = 0; time < times; time += 1) {
      const idx = yield* srcu.readLock(cpu)
      const cell = yield* cpu.load(pointer)
      seen.push(yield* cpu.load(cells[cell]!))
      yield* srcu.readUnlock(cpu, idx)
    }
    return seen
  }

/** Publishes a new cell, waits for the readers of the old one, and reuses that; `times` over. */
const publishes = (times: number): Act =>
  function* (cpu, { srcu, pointer, cells }) {
    for (let time = 1; time <= times; time += 1) {
      yield* cpu.store(cells[time % 2]!, time)
      yield* cpu.store(pointer, time % 2)
      yield* srcu.synchronize(cpu)
      yield* cpu.store(cells[(time + 1) % 2]!, POISON)
    }
  }

/** The same without the wait. */
const publishesRashly: Act = function* (cpu, { pointer, cells }) {
  yield* cpu.store(cells[1]!, 1)
  yield* cpu.store(pointer, 1)
  yield* cpu.store(cells[0]!, POISON)
}

function onStage(...acts: readonly Act[]) {
  const place = new Place()
  const shared: Shared = {
    srcu: new Srcu(place.within('srcu'), acts.length),
    pointer: place.line('pointer'),
    cells: [place.line('cell0'), place.line('cell1')],
  }
  const stage = new Stage(
    place,
    acts.map((act) => (cpu: Cpu) => act(cpu, shared)),
  )
  return { stage, shared }
}

test('synchronize_srcu() waits for a reader that may see the old', () => {
  const { stage } = onStage(reads(1), publishes(1))
  stage.runUntil(0, /load pointer/).run(1)
  assert.match(stage.stateOf(1), /waits at untilEqual srcu.readers0/)
  stage.run(0).run(1)
  assert.deepEqual([stage.stateOf(1), stage.resultOf(0)], ['has ended', [1]])
})

test('synchronize_srcu() does not wait for a reader that came later', () => {
  const { stage } = onStage(reads(2), publishes(1))
  stage
    .runUntil(0, /load pointer/)
    .runUntil(1, /untilEqual srcu.readers0/)
    .run(1)
  // The first section ends, the second begins under the other index: that is none of ours.
  stage.runUntil(0, /load srcu.idx/).runUntil(0, /load pointer/)
  stage.run(1)
  assert.equal(stage.stateOf(1), 'has ended')
})

test('a reader that counts itself late under the old index delays the next synchronize_srcu(), not this one', () => {
  const { stage } = onStage(reads(1), publishes(2))
  stage.play('0').runUntil(1, /store cell1/)
  stage
    .runUntil(1, /store pointer/)
    .runUntil(1, /store srcu.idx/)
    .runUntil(1, /store cell0/)
  // It read 0 at first, counts itself now, and finds what is new.
  stage.play('0').play('0')
  stage.run(1)
  assert.match(stage.stateOf(1), /waits at untilEqual srcu.readers0/)
  stage.run(0)
  assert.deepEqual(stage.resultOf(0), [1])
  assert.ok(stage.finish())
})

test('sections nest', () => {
  const nested: Act = function* (cpu, { srcu }) {
    const outer = yield* srcu.readLock(cpu)
    const inner = yield* srcu.readLock(cpu)
    yield* srcu.readUnlock(cpu, inner)
    yield* cpu.pause()
    yield* srcu.readUnlock(cpu, outer)
  }
  const { stage } = onStage(nested, publishes(1))
  stage.runUntil(0, /pause/).run(1)
  assert.match(stage.stateOf(1), /waits at/)
  stage.run(0).run(1)
  assert.equal(stage.stateOf(1), 'has ended')
})

test('no schedule lets a reader see what has been reused', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { maxLength: 60 }), (numbers) => {
      const { stage } = onStage(reads(3), reads(3), publishes(3))
      assert.ok(stage.pick(numbers).finish())
      for (const reader of [0, 1]) assert.ok(!(stage.resultOf(reader) as number[]).includes(POISON))
    }),
  )
})

test('without the wait there is one that does', () => {
  const { stage } = onStage(reads(1), publishesRashly)
  stage
    .runUntil(0, /load cell/)
    .run(1)
    .run(0)
  assert.deepEqual(stage.resultOf(0), [POISON])
})

test('a thread that synchronises sleeps until the readers have gone', async () => {
  await using crew = await Crew.of({ kind: 'srcu' }, 3, 0)
  const [first, second, writer] = crew.members as [Member, Member, Member]
  for (let round = 0; round < 10; round += 1) {
    const a = await first.do('readLock')
    const b = await second.do('readLock')
    await writer.queue('synchronize')
    const late = await second.do('readLock')
    await second.do('readUnlock', b)
    await first.do('readUnlock', a)
    await writer.done()
    await second.do('readUnlock', late)
  }
})
