import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunFailed } from '../errors/faultline-error.ts'
import { COUNTER } from '../protocols/counters.ts'
import type { RolePlan } from '../workers/roles.ts'
import { KeptRun } from './kept-run.ts'
import type { RunOptions } from './run.ts'
import { optionsOf, vcpuOf } from './run-options.contract.ts'

const PAGES = 256

const vcpu = vcpuOf(PAGES)
const notifier: RolePlan = {
  role: 'notifier',
  isTimed: false,
  invalidations: {
    kind: 'repeat',
    startHva: 0,
    pages: PAGES,
    pauseNs: 200_000,
    everyNs: 0,
    startNs: 0,
    populate: true,
  },
}

const optionsWith = ({ roles = [vcpu, notifier], ...more }: Partial<RunOptions> = {}) =>
  optionsOf(roles, PAGES, { warmupMs: 20, durationMs: 150, words: 'wasm', stallMs: 5000, ...more })

test('kept workers are measured in windows one after the other, each of whole rounds and counted from 0', async () => {
  const kept = new KeptRun(optionsWith())
  let [endedNs, faults] = [0, 0]
  for (let window = 0; window < 3; window += 1) {
    const { records, windows, atRest } = await kept.measure()
    assert.deepEqual(atRest, [])
    for (const { beganNs } of windows) assert.ok(beganNs > endedNs, `${beganNs} after ${endedNs}`)
    endedNs = Math.max(...windows.map((each) => each.endedNs))
    faults += records.of(0).counters[COUNTER.pf_fixed]!
    const unmaps = records.of(1).counters[COUNTER.unmap_gfn_range_calls]!
    // Of a count that had gone on from the window before, this would be twice as much.
    const spanNs = windows[1]!.endedNs - windows[1]!.beganNs
    assert.ok(unmaps > 0 && unmaps * 200_000 < spanNs, `${unmaps} in ${spanNs} ns`)
  }
  assert.ok(faults > 0)
  const { records, atRest } = await kept.end()
  assert.deepEqual(atRest, [])
  // Parked after the last window, and not measured when the roles return.
  assert.equal(records.of(0).counters[COUNTER.pf_fixed], 0)
})

test('measure() and end() of kept workers that are interrupted reject with INTERRUPTED', async () => {
  const kept = new KeptRun(optionsWith({ durationMs: 60_000, signal: AbortSignal.timeout(300) }))
  await assert.rejects(kept.measure(), ({ code }: RunFailed) => code === 'INTERRUPTED')
  await assert.rejects(kept.end(), ({ code }: RunFailed) => code === 'INTERRUPTED')
})

test('kept workers of a role that throws fail with its name', async () => {
  const broken = { ...vcpu, accesses: undefined } as unknown as RolePlan
  const kept = new KeptRun(optionsWith({ roles: [broken, notifier] }))
  await assert.rejects(kept.measure(), /^.*vcpu 0 failed/)
})
