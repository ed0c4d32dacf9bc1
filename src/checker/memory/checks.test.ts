import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exploreProgram } from '../explore.ts'
import { LIMITS } from '../limits.ts'
import { loadChecks } from '../load-checks.ts'
import { replaySchedule } from '../replay-schedule.ts'
import { jobsOf, runJob } from '../run-check.ts'
import { MEMORY_MODELS } from './model.ts'

const { patience: _, ...ASKED } = LIMITS
const CHECKS = await loadChecks()
const precheck = CHECKS.find(({ name }) => name === 'precheck')!

/** Those that are short enough for a test. */
const SMALL: Readonly<Record<string, readonly string[]>> = {
  precheck: ['lockless', 'uncounted', 'polled', 'unended'],
  elision: ['spare', 'outside', 'reload'],
  'nx-recovery': ['free-list', 'nested-walked'],
  'apic-page': ['x2apic'],
}

for (const memory of ['tso', 'relaxed'] as const) {
  for (const check of CHECKS) {
    const small = SMALL[check.name] ?? []
    for (const variant of check.variants.filter(({ kind }) => kind === 'good').slice(0, 1)) {
      const limits = { ...ASKED, memory }
      for (const job of jobsOf(check, limits, { variant: variant.name })) {
        if (!small.includes(job.configuration)) continue
        test(`${check.name}: ${job.variant} holds in ${job.configuration} with ${memory}`, () => {
          assert.equal(runJob(check, job).explored.verdict, 'PASS')
        })
      }
    }
  }
}

for (const [variant, found, finding] of [
  ['B-ORDER-wmb', ['relaxed'], 'stale_accept'],
  ['B-SNAP-rmb', ['relaxed'], 'stale_accept'],
  ['B-HOIST-plain', ['tso', 'relaxed'], 'livelock'],
  ['B-ORDER', ['sc', 'tso', 'relaxed'], 'stale_accept'],
] as const) {
  for (const memory of MEMORY_MODELS) {
    const isFound = found.some((one) => one === memory)
    test(`${variant} is ${isFound ? 'found' : 'no fault'} with ${memory}`, () => {
      const [job] = jobsOf(precheck, { ...ASKED, memory }, { variant })
      const { explored, isAsExpected, isRepeatable } = runJob(precheck, job!)
      assert.deepEqual(
        explored.findings.map(({ name }) => name),
        isFound ? [finding] : [],
      )
      assert.ok(isAsExpected && isRepeatable)
    })
  }
}

test('a page that is counted hides the missing barrier of B-SNAP-rmb', () => {
  const limits = { ...LIMITS, memory: 'relaxed' } as const
  assert.equal(exploreProgram(precheck.program('B-SNAP-rmb', 'one-vcpu'), limits).verdict, 'PASS')
})

test('a schedule carries the memory model, and is refused by another', () => {
  const [job] = jobsOf(precheck, { ...ASKED, memory: 'relaxed' }, { variant: 'B-ORDER-wmb' })
  const { replay, witness, configuration } = runJob(precheck, job!)
  assert.match(replay!, /^1:[0-9a-f]{8}:01:relaxed:[0-9a-v]+$/)
  assert.match(witness!, /store mmuInvalidate.inProgress = 0 becomes/)
  for (const asked of [undefined, 'relaxed'] as const) {
    const again = replaySchedule(precheck, 'B-ORDER-wmb', configuration, replay!, asked)
    assert.ok(typeof again !== 'string')
    assert.equal(again.findings[0]!.name, 'stale_accept')
    assert.match(again.text, /^memory: relaxed\n/)
  }
  const refused = replaySchedule(precheck, 'B-ORDER-wmb', configuration, replay!, 'tso')
  assert.match(refused as string, /was made with relaxed memory and cannot be replayed with tso/)
})
