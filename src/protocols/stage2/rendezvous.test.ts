import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Place } from '../../shared-memory/place.ts'
import { Stage } from '../../shared-memory/testing.contract.ts'
import { Rendezvous } from './rendezvous.ts'

/** Members that come so many times each, and then leave. */
function stageOf(comings: readonly number[]) {
  const place = new Place()
  const rendezvous = new Rendezvous(place, comings.length)
  const memory = new Int32Array(place.words)
  rendezvous.initialise(memory)
  const members = comings.map(
    (times) =>
      function* (cpu: Parameters<Rendezvous['arrive']>[0]) {
        for (let time = 0; time < times; time += 1) yield* rendezvous.arrive(cpu)
        yield* rendezvous.leave(cpu)
      },
  )
  return { stage: new Stage(place, members, memory), rendezvous }
}

test('no member goes on before all have come', () => {
  const { stage } = stageOf([1, 1, 1])
  stage.run(0).run(1)
  assert.match(stage.stateOf(0), /waits at untilEqual round/)
  assert.match(stage.stateOf(1), /waits at untilEqual round/)
  stage.run(2).run(0).run(1)
  for (const member of [0, 1, 2]) assert.equal(stage.stateOf(member), 'has ended')
})

test('a member that has left is not waited for, in whatever order all step', () => {
  const comings = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(comings, fc.array(fc.nat(3), { maxLength: 120 }), (times, picks) => {
      const { stage, rendezvous } = stageOf(times)
      stage.pick(picks)
      assert.ok(stage.finish())
      assert.equal(stage.valueOf(rendezvous.seats), 0)
      assert.ok(stage.valueOf(rendezvous.round) >= Math.max(...times))
    }),
  )
})
