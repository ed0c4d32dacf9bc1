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

for (const [name, configuration] of [
  ['precheck', 'one-vcpu'],
  ['icache', 'twice'],
] as const) {
  const check = CHECKS.find((one) => one.name === name)!
  for (const job of jobsOf(check, ASKED, { configuration })) {
    test(`two threads come to the same as one: ${name}, ${job.variant} in ${configuration}`, () => {
      const two = pair.explore(check, job)
      const { explored: one } = runJob(check, job)
      assert.equal(two.verdict, one.verdict)
      assert.equal(two.because, one.because)
      if (one.verdict === 'PASS') assert.equal(two.counts.executions, one.counts.executions)
    })
  }
}
