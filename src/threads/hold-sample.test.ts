import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldSample } from './hold-sample.ts'

const HOLDS = 100_000

/** A sample, and whether it times the hold that begins. */
function sampleOf(places: number, seed: number) {
  const words = { untimed: new Int32Array(places), chosen: new Int32Array(places) }
  const takes = (place: number) => {
    if (words.untimed[place] === 0) return true
    words.untimed[place]! -= 1
    return false
  }
  return { sample: new HoldSample(words, seed), takes }
}

/** How many of so many holds are timed, and what they take on average, if `nsOf` says what each takes, and how far apart they begin. */
function sampled(nsOf: (hold: number) => number, apartNs = 5000, holds = HOLDS) {
  const { sample, takes } = sampleOf(2, 0)
  let timed = 0
  let total = 0
  for (let hold = 0; hold < holds; hold += 1) {
    if (!takes(1)) continue
    timed += 1
    total += nsOf(hold)
    sample.took(1, hold * apartNs, hold * apartNs + nsOf(hold))
  }
  return { timed, averageNs: total / timed }
}

test('about one in sixteen short holds is timed', () => {
  const { timed } = sampled(() => 300)
  assert.ok(timed > HOLDS / 17 && timed < HOLDS / 15, `${timed}`)
})

test('of frequent holds fewer are timed', () => {
  const { timed } = sampled(() => 100, 400)
  assert.ok(timed > HOLDS / 85 && timed < HOLDS / 65, `${timed}`)
})

test('every long hold is timed', () => {
  assert.equal(sampled(() => 50_000, 60_000).timed, HOLDS)
})

test('timed holds are an unbiased sample, also if few are long or if they alternate', () => {
  const xorshift = (hold: number) => Math.imul(hold ^ (hold >>> 7), 0x2c1b_3c6d) >>> 0
  const seldom = sampled((hold) => (xorshift(hold) % 100 === 0 ? 100_000 : 300), 5000, 10 * HOLDS)
  assert.ok(Math.abs(seldom.averageNs / 1297 - 1) < 0.15, `${seldom.averageNs}`)
  const inTurn = sampled((hold) => (hold % 2 === 0 ? 100 : 900))
  assert.ok(Math.abs(inTurn.averageNs / 500 - 1) < 0.05, `${inTurn.averageNs}`)
})

test('which holds are timed differs between CPUs, and is reproducible for each', () => {
  const which = (seed: number) => {
    const { sample, takes } = sampleOf(1, seed)
    return Array.from({ length: 200 }, () => {
      const isTimed = takes(0)
      if (isTimed) sample.took(0, 0, 300)
      return isTimed
    })
  }
  assert.deepEqual(which(1), which(1))
  assert.notDeepEqual(which(1), which(2))
})
