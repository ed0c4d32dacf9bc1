import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Slice, slices } from './trace-event.ts'

const TRACK = { pid: 1, tid: 3 }

const slice = fc
  .record({ fromNs: fc.integer({ min: 0, max: 5000 }), length: fc.integer({ min: 0, max: 3000 }) })
  .map(({ fromNs, length }): Slice => ({ name: 'a', cat: 'hold', fromNs, untilNs: fromNs + length }))

test('slices of a track lie inside of each other or apart, whatever overlaps; none is lost', () => {
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 30 }), (all) => {
      const events = slices(TRACK, all)
      const complete = events.filter(({ ph }) => ph === 'X')
      assert.equal(complete.length + events.filter(({ ph }) => ph === 'b').length, all.length)
      const spans = complete.map(({ ts, dur }) => [Math.round(ts! * 1000), Math.round((ts! + dur!) * 1000)] as const)
      for (const [a, b] of spans) {
        for (const [c, d] of spans) assert.ok(b <= c || d <= a || (a <= c && d <= b) || (c <= a && b <= d))
      }
    }),
  )
})

test('an asynchronous slice ends under the id under which it began', () => {
  const events = slices(TRACK, [
    { name: 'outer', cat: 'hold', fromNs: 0, untilNs: 100 },
    { name: 'across', cat: 'wait', fromNs: 50, untilNs: 150 },
  ])
  assert.deepEqual(
    events.map(({ name, ph, ts, dur, id }) => ({ name, ph, ts, dur, id })),
    [
      { name: 'outer', ph: 'X', ts: 0, dur: 0.1, id: undefined },
      { name: 'across', ph: 'b', ts: 0.05, dur: undefined, id: 3_000_001 },
      { name: 'across', ph: 'e', ts: 0.15, dur: undefined, id: 3_000_001 },
    ],
  )
})
