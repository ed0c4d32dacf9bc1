import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Cpu } from './cpu.ts'
import { FreeList } from './free-list.ts'
import { Place } from './place.ts'
import { NO_OBJECT, Rcu } from './rcu.ts'
import type { Steps } from './steps.ts'
import { Stage } from './testing.contract.ts'

const OBJECTS = 8

/** CPU 0 reads, CPU 1 frees object 3 and moves grace periods on as often as it is let. */
function freesUnderReader(reader: (cpu: Cpu, rcu: Rcu) => Steps<void>) {
  const place = new Place()
  const rcu = new Rcu(place, 2, OBJECTS)
  const freed: number[] = []
  const stage = new Stage(place, [
    (cpu) => reader(cpu, rcu),
    function* (cpu) {
      yield* rcu.call(cpu, 3)
      for (let turn = 0; turn < 3; turn += 1) {
        freed.push(yield* rcu.advance(cpu))
        yield* cpu.pause()
      }
    },
  ])
  return { stage, freed }
}

function* readsOnce(cpu: Cpu, rcu: Rcu): Steps<void> {
  yield* rcu.readLock(cpu)
  yield* cpu.pause()
  yield* rcu.readUnlock(cpu)
}

test('an object is freed at once if no CPU reads: one turn begins the grace period, the next ends it', () => {
  const { stage, freed } = freesUnderReader(readsOnce)
  stage.run(1)
  assert.deepEqual(freed, [NO_OBJECT, 3, NO_OBJECT])
})

test('an object is not freed while a read section that was open when the grace period began is open', () => {
  const { stage, freed } = freesUnderReader(readsOnce)
  stage.runUntil(0, /pause/).run(1)
  assert.deepEqual(freed, [NO_OBJECT, NO_OBJECT, NO_OBJECT])
})

test('a read section that has ended and begun again holds nothing up', () => {
  const { stage, freed } = freesUnderReader(function* (cpu, rcu) {
    yield* readsOnce(cpu, rcu)
    yield* readsOnce(cpu, rcu)
  })
  stage.runUntil(0, /pause/).runUntil(1, /pause/).play('0').runUntil(0, /pause/).run(1)
  assert.deepEqual(freed, [NO_OBJECT, 3, NO_OBJECT])
})

test('whatever the order, no object is freed in a section that began before it was unlinked', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { maxLength: 120 }), (order) => {
      const place = new Place()
      const rcu = new Rcu(place, 3, OBJECTS)
      const word = place.line('pointer')
      const wrong: number[] = []
      const alive = new Set([1, 2, 3, 4, 5])
      const memory = new Int32Array(place.words)
      memory[word] = 1
      const reader = function* (cpu: Cpu): Steps<void> {
        for (let turn = 0; turn < 6; turn += 1) {
          yield* rcu.readLock(cpu)
          const object = yield* cpu.load(word)
          yield* cpu.pause()
          if (!alive.has(object)) wrong.push(object)
          yield* rcu.readUnlock(cpu)
        }
      }
      const updater = function* (cpu: Cpu): Steps<void> {
        for (let next = 2; next <= 5; next += 1) {
          const old = yield* cpu.xchg(word, next)
          yield* rcu.call(cpu, old)
          for (let freed = yield* rcu.advance(cpu); freed !== NO_OBJECT; freed = yield* rcu.nextOf(cpu, freed)) {
            alive.delete(freed)
          }
        }
      }
      const stage = new Stage(place, [reader, reader, updater], memory)
      stage.pick(order)
      assert.ok(stage.finish())
      assert.deepEqual(wrong, [])
    }),
    { numRuns: 200 },
  )
})

test('a free list gives back what was freed last, and each object to one CPU', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1), { maxLength: 80 }), (order) => {
      const place = new Place()
      const list = new FreeList(place, OBJECTS)
      const taken: number[] = []
      const act = (first: number) =>
        function* (cpu: Cpu): Steps<void> {
          for (let object = first; object < OBJECTS; object += 2) yield* list.push(cpu, object)
          for (let turn = 0; turn < 3; turn += 1) {
            yield* list.lock.acquire(cpu)
            const object = yield* list.pop(cpu)
            yield* list.lock.release(cpu)
            if (object !== NO_OBJECT) taken.push(object)
          }
        }
      const stage = new Stage(place, [act(1), act(2)])
      stage.pick(order)
      assert.ok(stage.finish())
      assert.equal(new Set(taken).size, taken.length)
      assert.equal(taken.length, 6)
    }),
    { numRuns: 200 },
  )
})
