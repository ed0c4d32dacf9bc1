import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watched } from './disturbance.ts'

test('a measurement during which the process was stopped is void', async () => {
  let stops = 0
  const disturbed = await watched(
    () => stops,
    async () => {
      stops += 1
      return 'value'
    },
  )
  assert.deepEqual(disturbed, { value: 'value', isDisturbed: true })
  const calm = await watched(
    () => stops,
    async () => 'value',
  )
  assert.deepEqual(calm, { value: 'value', isDisturbed: false })
})

test('a stop that was not reported is detected by the clock', async (t) => {
  const real = performance.now.bind(performance)
  let jumpMs = 0
  t.mock.method(performance, 'now', () => real() + jumpMs)
  const { isDisturbed } = await watched(
    () => 0,
    async () => {
      jumpMs = 5000
    },
  )
  assert.equal(isDisturbed, true)
})
