import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROADCAST_KIND, WORK_KIND } from '../protocols/costs.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import { playOn } from './testing.contract.ts'
import { Variation } from './variation.ts'

const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) }
}
const drawn = (units: number, coefficient = 0.5, seed = 7, cpu = 3) => {
  const variation = new Variation(coefficient, seed, cpu + 1)
  return Array.from({ length: 20_000 }, () => variation.of(units, cpu))
}
const isNear = (value: number, expected: number, by: number) =>
  assert.ok(Math.abs(value - expected) < by, `${value} is not ${expected}`)

test('work has the mean that the profile says, and varies by its coefficient', () => {
  const { mean, deviation } = moments(drawn(1))
  isNear(mean, 1, 0.01)
  isNear(deviation, 0.5, 0.02)
  assert.ok(drawn(1, 1).every((factor) => factor >= 0))
})

test('units vary independently: a hundred together by a tenth of the variation of one', () => {
  const { mean, deviation } = moments(drawn(100))
  isNear(mean, 1, 0.001)
  isNear(deviation, 0.05, 0.002)
})

test('the same seed gives the same times, another seed and another CPU give others', () => {
  assert.deepEqual(drawn(1), drawn(1))
  assert.notDeepEqual(drawn(1, 0.5, 8), drawn(1))
  assert.notDeepEqual(drawn(1, 0.5, 7, 4), drawn(1))
  assert.ok(drawn(1, 0).every((factor) => factor === 1))
})

test('a machine spends the mean of its work in the long run', () => {
  const actor = function* (cpu: Cpu) {
    for (let round = 0; round < 10_000; round += 1) yield* cpu.work(WORK_KIND.exit_entry, 1)
  }
  const [ends] = playOn(new Place(), [actor], { work_variation: 0.5 }).endsNs
  isNear(ends! / (10_000 * 300), 1, 0.02)
})

test('CPUs whose work varies queue for what they share below its saturation; those in step never do', () => {
  const rounds = 2000
  const actor = function* (cpu: Cpu) {
    for (let round = 0; round < rounds; round += 1) {
      yield* cpu.work(WORK_KIND.exit_entry, 1)
      yield* cpu.broadcast(BROADCAST_KIND.dirty_log, 1)
    }
  }
  const roundNs = (variation: number) => {
    const values = { work_variation: variation, 'cost.exit_entry_ns': 900, 'cost.dirty_log_ns': 100 }
    const { endsNs } = playOn(new Place(), new Array(8).fill(actor), values)
    return endsNs.reduce((sum, ns) => sum + ns, 0) / endsNs.length / rounds
  }
  isNear(roundNs(0), 1000, 1)
  assert.ok(roundNs(0.5) > 1050)
})
