import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paramsOf } from '../bench/load.ts'
import { groupOf, type PlanOptions } from '../bench/plan.ts'
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

const OPTIONS = { arrival: { kind: 'closed' }, costs: {}, oracles: true } as unknown as PlanOptions
const VARIANTS = ['no-precheck', 'precheck']
const groupWith = (vcpus: number) => groupOf(precheck, VARIANTS, { vcpus, notifiers: 1, zappers: 0 }, {}, null)
const run = (variant: string, vcpus: number, interrupted?: Run['interrupted']) =>
  ({
    scenario: 'precheck',
    variant,
    machine: 'threads',
    params: paramsOf(groupWith(vcpus), OPTIONS),
    ...(interrupted && { interrupted }),
  }) as Run

test('what a limit left out is named: whole questions, variants, and trials', () => {
  const plan = { groups: [groupWith(1)], options: OPTIONS }
  assert.equal(leftOutText(plan, []), 'not begun: precheck on threads')
  assert.equal(
    leftOutText(plan, [run('no-precheck', 1, { trials: 4, of: 10 })]),
    'not begun: precheck of precheck on threads; cut short: precheck no-precheck on threads (4 of 10 trials)',
  )
  assert.equal(leftOutText(plan, [run('no-precheck', 1), run('precheck', 1)]), '')
})

test('loads of a sweep that were left out are named by what they differ in, and of many their number', () => {
  const sweep = (...vcpus: number[]) => ({ groups: vcpus.map(groupWith), options: OPTIONS })
  const first = VARIANTS.map((variant) => run(variant, 1))
  assert.equal(leftOutText(sweep(1, 2, 3), first), 'not begun: precheck on threads with vcpus=2, vcpus=3')
  assert.equal(
    leftOutText(sweep(1, 2), [...first, run('no-precheck', 2, { trials: 4, of: 10 })]),
    'not begun: precheck of precheck on threads with vcpus=2; cut short: precheck no-precheck on threads with vcpus=2 (4 of 10 trials)',
  )
  assert.match(leftOutText(sweep(1, 2, 3, 4, 5, 6, 7), first), /vcpus=2, .*vcpus=6 and 1 more load$/)
  // Two loads that are written the same are two all the same.
  assert.equal(leftOutText(sweep(1, 1), first), 'not begun: precheck on threads')
})
