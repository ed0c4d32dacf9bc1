import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupOf } from '../bench/plan.ts'
import type { Run } from '../bench/result.ts'
import precheck from '../bench/scenarios/precheck.ts'
import { leftOutText, limitMs, plannedMs } from './time-limit.ts'

test('a limit counts from the start of the program, and leaves time for the report', () => {
  assert.equal(limitMs({ quick: false, timeBudget: undefined }), undefined)
  assert.equal(limitMs({ quick: false, timeBudget: '40' }), 40_000)
  assert.equal(limitMs({ quick: true, timeBudget: '40' }), 15_000)
  const [fresh, late] = [0, 9_000].map((uptime) => plannedMs(10_000, { uptimeMs: () => uptime }))
  assert.ok(fresh! < 10_000 && fresh! > 5_000)
  assert.equal(late, 0)
})

test('what a limit left out is named: whole questions, variants, and trials', () => {
  const group = groupOf(precheck, ['no-precheck', 'precheck'], { vcpus: 1, notifiers: 1, zappers: 0 }, {}, null)
  const run = (variant: string, interrupted?: Run['interrupted']) =>
    ({ scenario: 'precheck', variant, machine: 'threads', ...(interrupted && { interrupted }) }) as Run
  assert.equal(leftOutText([group], []), 'not begun: precheck on threads')
  assert.equal(
    leftOutText([group], [run('no-precheck', { trials: 4, of: 10 })]),
    'not begun: precheck of precheck on threads; cut short: precheck no-precheck on threads (4 of 10 trials)',
  )
  assert.equal(leftOutText([group], [run('no-precheck'), run('precheck')]), '')
})
