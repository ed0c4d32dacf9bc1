import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultline } from './faultline.contract.ts'

const LOCKLESS = ['check', 'precheck', '--variant', 'B-ORDER-wmb']

test('a missing smp_wmb is found with --memory relaxed only, and its schedule replays with that model only', async () => {
  const found = await faultline(...LOCKLESS, '--memory', 'relaxed', '--json')
  assert.equal(found.code, 0, found.err)
  const [report] = JSON.parse(found.out)
  assert.equal(report.limits.memory, 'relaxed')
  assert.equal(report.explored.verdict, 'FAIL')

  const holds = await faultline(...LOCKLESS)
  assert.equal(holds.code, 0, holds.err)
  assert.match(holds.out, /^PASS B-ORDER-wmb in lockless;/)

  const again = await faultline(...LOCKLESS, '--configuration', 'lockless', '--replay', report.replay)
  assert.equal(again.code, 1, again.err)
  assert.match(again.out, /^memory: relaxed\n/)
  const refused = await faultline(
    ...LOCKLESS,
    '--configuration',
    'lockless',
    '--replay',
    report.replay,
    '--memory',
    'sc',
  )
  assert.equal(refused.code, 2)
  assert.match(refused.err, /the schedule was made with relaxed memory and cannot be replayed with sc/)
})

test('a verdict names the memory model, and an unknown model is refused', async () => {
  const { out } = await faultline(
    'check',
    'precheck',
    '--variant',
    'precheck',
    '--configuration',
    'polled',
    '--memory',
    'tso',
  )
  assert.match(out, /^PASS precheck in polled with --memory tso;/)
  const refused = await faultline(...LOCKLESS, '--memory', 'alpha')
  assert.equal(refused.code, 2)
  assert.match(refused.err, /memory.*alpha/s)
})
