import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_ONE_IN, SampleRate } from './sample-rate.ts'

const EVENTS = 400_000

/** Events so far apart: how many are timed of the last half, and which. */
function sampled(apartNs: (event: number) => number, seed = 0) {
  const rate = new SampleRate(8, seed)
  const timed: number[] = []
  let [ns, since, next] = [0, 0, 8]
  for (let event = 0; event < EVENTS; event += 1) {
    ns += apartNs(event)
    since += 1
    if (since < next) continue
    next = rate.next(since, ns)
    since = 0
    if (event >= EVENTS / 2) timed.push(event)
  }
  return { rate, timed, oneIn: EVENTS / 2 / timed.length }
}

const isNear = (value: number, wanted: number) => Math.abs(value / wanted - 1) < 0.05

test('seldom events are timed as often as is asked for', () => {
  const { rate, oneIn } = sampled(() => 5000)
  assert.equal(rate.oneIn, 8)
  assert.ok(isNear(oneIn, 8), `${oneIn}`)
})

test('frequent events are timed more seldom, 30 us apart, and one in 256 at least', () => {
  const often = sampled(() => 500)
  assert.equal(often.rate.oneIn, 60)
  assert.ok(isNear(often.oneIn, 60), `${often.oneIn}`)
  assert.ok(isNear(sampled(() => 10).oneIn, MOST_ONE_IN), 'one in 256')
})

test('a rhythm of the events is not met by the sample', () => {
  for (const period of [8, 64, 120]) {
    const { timed } = sampled(() => 500)
    const hits = timed.filter((event) => event % period < period / 4).length
    assert.ok(Math.abs(hits / timed.length - 0.25) < 0.04, `${hits} of ${timed.length} with a period of ${period}`)
  }
})

test('a while of slow events later on is timed no more densely', () => {
  const isSlow = (event: number) => event > EVENTS * 0.7 && event < EVENTS * 0.75
  const { timed } = sampled((event) => (isSlow(event) ? 5000 : 500))
  const slow = timed.filter(isSlow).length
  assert.ok(Math.abs(slow / timed.length - 0.1) < 0.02, `${slow} of ${timed.length}`)
})

test('which events are timed differs between seeds, and is reproducible', () => {
  assert.deepEqual(sampled(() => 500, 1).timed, sampled(() => 500, 1).timed)
  assert.notDeepEqual(sampled(() => 500, 1).timed, sampled(() => 500, 2).timed)
})
