import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf, runOf } from '../comparing/testing.contract.ts'
import type { ModelInfo } from '../result.ts'
import { causesOf, shiftsOf } from './causes.ts'
import { failuresOf } from './failures.ts'

const MODEL: ModelInfo = {
  profile: 'altra-64',
  profileHash: 'p',
  engineHash: 'e',
  machine: { 'cost.zap_spte_ns': 150, load_ns: 1 },
  steps: 1,
  blocked: [{ role: 'vcpu', count: 1, ns: { busy: 80, flush: 20 } }],
  draws: [],
  whatIf: [],
}
const modelled = (model: Partial<ModelInfo> = {}, over = {}) =>
  runOf({ flushes_per_unmap: [1] }, { kind: 'modelled', machine: 'altra-64', model: { ...MODEL, ...model }, ...over })

test('a changed cost is named once for all runs, and no cause is given if a file lacks the costs', () => {
  const other = modelled({ machine: { 'cost.zap_spte_ns': 158, load_ns: 1 } })
  assert.deepEqual(causesOf(resultOf([modelled(), modelled()]), resultOf([other, other])), [
    { parameter: 'cost.zap_spte_ns', was: 150, is: 158 },
  ])
  const { machine: _, ...old } = MODEL
  assert.deepEqual(causesOf(resultOf([{ ...modelled(), model: old }]), resultOf([other])), [])
})

test('without such a cause, the change in what a role spent its time on is named', () => {
  const other = modelled({ blocked: [{ role: 'vcpu', count: 1, ns: { busy: 50, flush: 50 } }] })
  assert.deepEqual(shiftsOf(modelled(), other, 'r'), [{ run: 'r', role: 'vcpu', into: 'busy', was: 0.8, is: 0.5 }])
  assert.deepEqual(shiftsOf(modelled(), modelled(), 'r'), [])
})

test('a forbidden outcome and an error are failures, but not of a variant that is broken on purpose', () => {
  const outcomes = [{ outcome: 'stale_use', grade: 'forbidden', count: 2, says: 'used' }] as const
  const error = { code: 'X', message: 'deadlock', context: {}, hint: '' }
  const all = resultOf([
    modelled({}, { outcomes }),
    modelled({}, { error }),
    modelled({}, { outcomes, variant: 'B-STALE' }),
  ])
  assert.deepEqual(
    failuresOf(all, () => true).map(({ kind, says }) => [kind, says]),
    [
      ['forbidden', 'stale_use, 2 times: used'],
      ['error', 'deadlock'],
    ],
  )
})
