import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replayOnModel } from '../cli/replay-on-model.ts'
import type { Check } from './check.ts'
import { CHECKS as UNTRACED } from './checks/all.ts'
import { Exhaustion } from './exhaust.ts'
import { LIMITS } from './limits.ts'
import { loadChecks } from './load-checks.ts'
import { Machine } from './machine.ts'
import { replaySchedule } from './replay-schedule.ts'
import { type Job, jobsOf, runJob } from './run-check.ts'

const { patience: _, ...ASKED } = LIMITS
const CHECKS = await loadChecks()
const precheck = CHECKS.find(({ name }) => name === 'precheck')!
/** Configurations that take too long for a test. */
const LARGE = new Set([
  'same-page',
  'two-notifiers',
  'both-invalidated',
  'fault',
  'overlap',
  'two-touches',
  'two-vcpus',
  'wanted',
  'two-roots',
  'left-root',
  'unmapped-root',
  'used-up',
  'free-list',
  'shared-again',
  'protected',
  'stopped',
  'stopped-wanted',
  'near-2-31',
  'near-2-32',
])

for (const check of CHECKS) {
  for (const job of jobsOf(check, ASKED, {})) {
    if (job.expects === 'PASS' && LARGE.has(job.configuration)) continue
    const does =
      job.expects === 'PASS' ? 'holds' : `is caught by ${job.finds.join(' or ')}, and by the model in the same steps`
    test(`${check.name}: ${job.variant} ${does} in ${job.configuration}`, () => {
      const { explored, replay, isAsExpected, isRepeatable } = runJob(check, job)
      assert.ok(isAsExpected, JSON.stringify({ ...explored, schedule: null }))
      assert.ok(isRepeatable)
      if (replay !== null) assertSameOnModel(check, job, replay)
    })
  }
}

/** The model does what the checker did by this schedule: the same memory and the same counts. */
function assertSameOnModel(check: Check, { variant, configuration }: Job, schedule: string): void {
  const replayed = replaySchedule(check, variant, configuration, schedule)
  assert.ok(typeof replayed !== 'string', String(replayed))
  // The model has no delayed stores or loads.
  if (replayed.memoryModel !== 'sc') return
  const { agrees, counters, checked } = replayOnModel(replayed)
  assert.deepEqual(counters, checked)
  assert.ok(agrees, 'other steps, or another memory')
}

/** All final states, by a search without any reduction. */
function endings(check: Check, variant: string): { states: number; endings: string[] } {
  const seen = new Set<string>()
  const program = check.program(variant, 'one-vcpu')
  const machine = new Machine(
    {
      ...program,
      findingOf: () => ({ name: 'ignored', says: '', value: 0 }),
      atRest: (words) => {
        seen.add(words.join())
        return []
      },
    },
    { patience: 0 },
  )
  const search = new Exhaustion(machine, { depth: 10_000, states: 1e7, isOver: () => false })
  assert.equal(search.run().verdict, 'PASS')
  return { states: search.counts.states, endings: [...seen].sort() }
}

test('using the local state merges states, and loses no final state', () => {
  const [seen, unseen] = [endings(precheck, 'precheck'), endings(UNTRACED[0]!, 'precheck')]
  assert.deepEqual(seen.endings, unseen.endings)
  assert.ok(seen.states < unseen.states)
})

test('a schedule shows the same fault when it is played again, and is refused by another variant', () => {
  const [job] = jobsOf(precheck, ASKED, { variant: 'B-STALE' })
  const { replay, configuration } = runJob(precheck, job!)
  const again = replaySchedule(precheck, 'B-STALE', configuration, replay!)
  assert.ok(typeof again !== 'string')
  assert.ok(again.findings.some(({ name }) => name === 'stale_install'))
  assert.match(again.text, /CPU 0: vcpu0 +CPU 1: notifier/)
  assert.match(again.text, /mapTargetLevel\(\)/)
  const refused = replaySchedule(precheck, 'precheck', configuration, replay!)
  assert.match(refused as string, /is of definition [0-9a-f]{8}, and precheck in one-vcpu is now/)
})
