import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MEMORY_MODELS } from './memory/model.ts'
import { parseSchedule, scheduleText } from './schedule.ts'

test('a schedule that is printed and parsed is the same', () => {
  const schedule = fc.record({
    definition: fc.stringMatching(/^[0-9a-f]{8}$/),
    patience: fc.oneof(fc.nat(200), fc.constant(1 << 28)),
    memory: fc.constantFrom(...MEMORY_MODELS),
    steppers: fc.array(fc.nat(31), { minLength: 1 }),
  })
  fc.assert(fc.property(schedule, (one) => assert.deepEqual(parseSchedule(scheduleText(one)), { ...one })))
})

for (const [text, why] of [
  ['', /has no version/],
  ['hello', /'hello' is not a schedule/],
  ['2:12345678:01:00', /has version 2, and this program reads version 1/],
  ['1:12345678:01:', /is damaged/],
  ['1:123:01:00', /is damaged/],
  ['1:12345678:01:alpha:00', /has the memory model 'alpha'; known models are: sc, tso, relaxed/],
] as const) {
  test(`'${text}' is refused with a reason`, () => assert.match(parseSchedule(text) as string, why))
}
