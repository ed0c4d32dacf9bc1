import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../workers/random.ts'
import type { Values } from './samples.ts'
import { noisy } from './testing.contract.ts'
import { probabilityOf } from './verdict.ts'

/** The default number of trials. */
const TRIALS = 10
const ALPHA = 0.05
const CASES = 1500

const samplesOf = (base: number[], head: number[], isPaired: boolean): Values => ({
  base,
  head,
  pairs: isPaired ? base.map((value, index) => [value, head[index]!]) : [],
  isHeadLater: true,
})

/** Share of cases in which a change is claimed. */
function claimed(shift: number, spread: number, isPaired: boolean): number {
  const random = new Random(3)
  let claims = 0
  for (let each = 0; each < CASES; each += 1) {
    // Pairs share the drift of their round; a test that ignores it sees wider samples.
    const drift = isPaired ? noisy(random, TRIALS, 1, 0.1) : new Array<number>(TRIALS).fill(1)
    const side = (centre: number) => noisy(random, TRIALS, centre, spread).map((value, index) => value * drift[index]!)
    if (probabilityOf(samplesOf(side(100), side(100 * (1 + shift)), isPaired), ALPHA) < ALPHA) claims += 1
  }
  return claims / CASES
}

for (const isPaired of [false, true]) {
  const how = isPaired ? 'interleaved' : 'independent'
  test(`of ${how} runs of the same thing, at most alpha are called different`, () => {
    const share = claimed(0, 0.03, isPaired)
    // The standard error of the share is 0.006. Files that were measured one after the other must allow for more than chance.
    assert.ok(share <= ALPHA + 0.012 && (share > 0.02 || !isPaired), `${share}`)
  })

  const least = isPaired ? 0.9 : 0.8
  test(`a shift of 10 % on quiet data is found in more than ${least * 100} % of ${how} runs`, () => {
    const share = claimed(0.1, 0.03, isPaired)
    assert.ok(share > least, `${share}`)
  })
}
