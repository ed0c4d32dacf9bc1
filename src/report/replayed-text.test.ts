import assert from 'node:assert/strict'
import test from 'node:test'
import type { ReplayedRecording, Run } from '../bench/result.ts'
import { fitnessOf } from './replayed-text.ts'

const runs = (over: Partial<ReplayedRecording>) =>
  ['no-precheck', 'precheck'].map((variant) => {
    const replayed = { own: 'precheck', misses: { share: 4, total: 0.2, median: 1 }, predicts: false, ...over }
    return { variant, replayed } as unknown as Run
  })

test('a replay that misses its own recording says so first, and gives no figure of another variant', () => {
  const { first, shown, instead } = fitnessOf(runs({}))
  assert.match(
    first[0]!,
    /^NOT PREDICTIVE: .*waits per fault are 4.0 times the kernel's and all waits together are 0.20 times/,
  )
  assert.deepEqual(
    shown.map(({ variant }) => variant),
    ['precheck'],
  )
  assert.deepEqual(instead, ['no-precheck: not predictive.'])
})

test('a replay that is near its recording answers, and one of which that is not known says how to know it', () => {
  assert.deepEqual(fitnessOf(runs({ predicts: true })).instead, null)
  const unknown = runs({ predicts: null, misses: null })
  assert.match(
    fitnessOf(unknown.slice(0, 1)).warnings[0]!,
    /unknown whether this replay predicts anything: add --variant precheck/,
  )
  assert.match(fitnessOf(unknown).warnings[0]!, /the recording has fewer than 20 waits for mmu_lock to compare with/)
  assert.deepEqual(fitnessOf([{ variant: 'a' } as unknown as Run]).first, [])
})

test('of a replay with nothing to wait for that is said, and no verdict on it', () => {
  const { first, warnings } = fitnessOf(runs({ predicts: null, misses: null, isAlone: true }))
  assert.deepEqual(first, [])
  assert.match(warnings.join(), /^no replayed task waits .* no waits to predict/)
})
