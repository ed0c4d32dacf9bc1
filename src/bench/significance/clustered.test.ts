import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../workers/random.ts'
import { noisy } from '../comparing/testing.contract.ts'
import { clusteredTail, clustersOf } from './clustered.ts'
import { signedRank } from './signed-rank.ts'

const STARTS = ['a', 'b', 'c', 'd'].flatMap((start) => new Array<string>(5).fill(start))

test('values of starts of their own are independent, and those of one start say nothing about another', () => {
  assert.equal(clustersOf([1, 2, 3], [undefined, undefined, undefined]), undefined)
  assert.equal(clusteredTail([1, 2, 3], ['a', 'b', 'c']), 0)
  assert.equal(clusteredTail([1, 2, 3], ['a', 'a', 'a']), 1)
})

test('equal values of a start count once', () => {
  const { effect, freedom } = clustersOf([1, 1, 2, 2, 4, 4], ['a', 'a', 'b', 'b', 'c', 'c'])!
  assert.ok(Math.abs(effect - 2) < 1e-12 && Math.abs(freedom - 2) < 1e-12)
})

/** Share of series of four starts, each with a level of its own, in which a change is claimed. */
function claimed(levels: number, shift: number) {
  const random = new Random(5)
  let [byRanks, byBoth] = [0, 0]
  for (let each = 0; each < 1500; each += 1) {
    const level = noisy(random, 4, 1, levels)
    const values = noisy(random, 20, 1, 0.05).map((value, at) => value - 1 + level[Math.floor(at / 5)]! - 1 + shift)
    if (signedRank(values) >= 0.05) continue
    byRanks += 1
    if (clusteredTail(values, STARTS) < 0.05) byBoth += 1
  }
  return { byRanks: byRanks / 1500, byBoth: byBoth / 1500 }
}

test('where starts have levels, ranks alone claim too much, and both tests hardly more than alpha', () => {
  const { byRanks, byBoth } = claimed(0.02, 0)
  assert.ok(byRanks > 0.08, `${byRanks}`)
  assert.ok(byBoth < 0.062, `${byBoth}`)
})

test('a shift of one standard deviation of a pair is found in four of five series', () => {
  const { byBoth } = claimed(0.01, 0.05)
  assert.ok(byBoth > 0.8, `${byBoth}`)
})
