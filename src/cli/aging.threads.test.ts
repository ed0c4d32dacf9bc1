import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSound, faultline, uncaught } from './running.contract.ts'

const ONE = ['--trials', '1', '--duration', '60ms', '--warmup', '30ms', '--out', 'x.json']

test('aging without mmu_lock keeps every property on threads, beside notifiers, memslot updates and dirty logging', async () => {
  const load = ['updaters=1', 'dirty-logs=1', 'agers=2', 'age-pause-us=0', 'range=64', 'reclaim=8']
  const set = load.flatMap((value) => ['--set', value])
  const { code, out, err } = await faultline(['bench', '-s', 'aging', '--variant', 'age-lockless', ...set, ...ONE])
  assertSound({ code, out, err })
  assert.doesNotMatch(out, /FORBIDDEN/)
})

test('the broken variants of aging that threads can show are caught there', async () => {
  assert.deepEqual(await uncaught('aging'), [])
})
