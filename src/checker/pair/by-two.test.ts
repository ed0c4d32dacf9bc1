import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { LIMITS } from '../limits.ts'
import { loadChecks } from '../load-checks.ts'
import { jobsOf, runJob } from '../run-check.ts'
import { Pair } from './by-two.contract.ts'

/** Nothing is found by the search for few preemptions: that is done by one thread. */
const { patience: _, ...ASKED } = { ...LIMITS, preemptions: -1 }
const CHECKS = await loadChecks()
const pair = new Pair()
after(() => pair.end())

for (const [name, configuration, memory, variants] of [
  ['precheck', 'one-vcpu', 'sc', ['precheck', 'trylock', 'B-STALE', 'B-HOIST', 'B-LEAK', 'B-RANGE', 'B-ENDZAP']],
  ['icache', 'twice', 'sc', ['threshold']],
  ['apic-page', 'one-move', 'tso', ['bail', 'B-OLDPFN']],
  ['apic-page', 'one-move', 'relaxed', ['bail', 'B-OLDPFN']],
] as const) {
  const check = CHECKS.find((one) => one.name === name)!
  for (const variant of variants) {
    const [job] = jobsOf(check, { ...ASKED, memory }, { configuration, variant })
    if (job === undefined) throw new Error(`${variant} is not explored in ${configuration}`)
    test(`two threads give the same result as one: ${name}, ${job.variant} in ${configuration}, ${memory}`, () => {
      const two = pair.explore(check, job)
      const { explored: one } = runJob(check, job)
      assert.equal(two.verdict, one.verdict)
      assert.equal(two.because, one.because)
      if (one.verdict === 'PASS') assert.equal(two.counts.executions, one.counts.executions)
    })
  }
}

const precheck = CHECKS.find(({ name }) => name === 'precheck')!
const jobOf = (variant: string, limits: typeof ASKED) =>
  jobsOf(precheck, limits, { variant, configuration: 'one-vcpu' })[0]!

test('two threads report the same witness as one', () => {
  for (const variant of ['B-STALE', 'B-SNAP', 'B-LEAK']) {
    const two = pair.report(precheck, jobOf(variant, ASKED))
    const { explored: one } = runJob(precheck, jobOf(variant, ASKED))
    assert.equal(two.verdict, 'FAIL')
    assert.deepEqual(two.schedule, one.schedule)
    assert.deepEqual(two.counts, one.counts)
  }
})

test('a refused program releases the helper, which helps with the next', () => {
  const job = jobOf('precheck', ASKED)
  const idle = { name: 'idle', start: () => undefined as never }
  const program = { ...precheck.program('precheck', 'one-vcpu'), actors: [idle] }
  assert.throws(() => pair.explore({ ...precheck, program: () => program }, job), /idle/)
  assert.equal(pair.explore(precheck, job).verdict, 'PASS')
})

test('the exploration continues without a helper that is lost', () => {
  const job = jobOf('precheck', ASKED)
  const { verdict, counts } = pair.report(precheck, job, true)
  assert.deepEqual({ verdict, counts }, { verdict: 'PASS', counts: runJob(precheck, job).explored.counts })
})

test('two threads stop at a bound as one does', () => {
  const states = pair.report(precheck, jobOf('precheck', { ...ASKED, states: 1000 }))
  assert.deepEqual([states.verdict, states.because], ['UNKNOWN', 'states'])
  const depth = pair.report(precheck, jobOf('precheck', { ...ASKED, depth: 20 }))
  assert.deepEqual([depth.verdict, depth.because], ['UNKNOWN', 'depth'])
})
