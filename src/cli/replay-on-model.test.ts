import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LIMITS } from '../checker/limits.ts'
import { loadChecks } from '../checker/load-checks.ts'
import { replaySchedule } from '../checker/replay-schedule.ts'
import { jobsOf, runJob } from '../checker/run-check.ts'
import { replayOnModel } from './replay-on-model.ts'
import { faultline } from './running.contract.ts'

const { patience: _, ...ASKED } = LIMITS

for (const check of await loadChecks()) {
  test(`${check.name}: every schedule that breaks a variant leaves the same memory and the same counts on the model`, () => {
    const broken = jobsOf(check, ASKED, {}).filter(({ expects }) => expects === 'FAIL')
    for (const job of broken) {
      const { replay, configuration } = runJob(check, job)
      const replayed = replay === null ? undefined : replaySchedule(check, job.variant, configuration, replay)
      if (replayed === undefined || typeof replayed === 'string' || replayed.memoryModel !== 'sc') continue
      const { agrees, counters, checked } = replayOnModel(replayed)
      assert.deepEqual(counters, checked, job.variant)
      assert.ok(agrees, `${job.variant}: other steps, or another memory`)
    }
    assert.ok(broken.length > 0)
  })
}

test('the Chrome trace of a schedule has the holds of both CPUs, and the sequence count as it rises', async () => {
  const found = await faultline(['check', 'precheck', '--variant', 'B-STALE'])
  const [, command] = /^ *faultline (check .* --replay .*)$/m.exec(found.out)!
  const { code, out, folder } = await faultline([...command!.split(' '), '--chrome-trace', 'x.json'])
  assert.equal(code, 1)
  assert.match(out, /^counted, here and on the model: pf_taken 1, /m)
  const { traceEvents } = JSON.parse(readFileSync(join(folder, 'x.json'), 'utf8'))
  const names = new Set(traceEvents.map(({ name }: { name: string }) => name))
  for (const name of ['hold mmuLock for write', 'mmu_invalidate_seq']) assert.ok(names.has(name), name)
})

test('a Chrome trace of a schedule with delayed stores is refused before anything is written', async () => {
  const found = await faultline(['check', 'precheck', '--variant', 'B-ORDER-wmb', '--memory', 'relaxed'])
  const [, command] = /^ *faultline (check .* --replay .*)$/m.exec(found.out)!
  const { code, err, folder } = await faultline([...command!.split(' '), '--chrome-trace', 'x.json'])
  assert.equal(code, 2)
  assert.match(err, /--chrome-trace runs the schedule on the model, which does not support relaxed memory/)
  assert.equal(existsSync(join(folder, 'x.json')), false)
})
