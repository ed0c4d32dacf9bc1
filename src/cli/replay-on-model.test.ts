import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultline } from './running.contract.ts'

// That every schedule which breaks a variant leaves the same on the model: checker/checks.test.ts, which has the schedules.

test('the Chrome trace of a schedule has the holds of both CPUs, and the sequence count as it rises', async () => {
  const found = await faultline(['check', 'precheck', '--variant', 'B-STALE', '--configuration', 'one-vcpu'])
  const [, command] = /^ *faultline (check .* --replay .*)$/m.exec(found.out)!
  const { code, out, folder } = await faultline([...command!.split(' '), '--chrome-trace', 'x.json'])
  assert.equal(code, 1)
  assert.match(out, /^counted, here and on the model: pf_taken 1, /m)
  const { traceEvents } = JSON.parse(readFileSync(join(folder, 'x.json'), 'utf8'))
  const names = new Set(traceEvents.map(({ name }: { name: string }) => name))
  for (const name of ['hold mmuLock for write', 'mmu_invalidate_seq']) assert.ok(names.has(name), name)
})

test('a Chrome trace of a schedule with delayed stores is refused before anything is written', async () => {
  const where = ['--configuration', 'lockless', '--memory', 'relaxed']
  const found = await faultline(['check', 'precheck', '--variant', 'B-ORDER-wmb', ...where])
  const [, command] = /^ *faultline (check .* --replay .*)$/m.exec(found.out)!
  const { code, err, folder } = await faultline([...command!.split(' '), '--chrome-trace', 'x.json'])
  assert.equal(code, 2)
  assert.match(err, /--chrome-trace runs the schedule on the model, which does not support relaxed memory/)
  assert.equal(existsSync(join(folder, 'x.json')), false)
})
