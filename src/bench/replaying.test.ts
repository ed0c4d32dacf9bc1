import assert from 'node:assert/strict'
import test from 'node:test'
import type { Group } from './plan.ts'
import { judged } from './replaying.ts'
import type { Run } from './result.ts'
import precheck from './scenarios/precheck.ts'

const kernel = { faults: 1000, waits: 100, waitTotalNs: 100_000, waitMedianNs: 1000, notifierWaits: 3, holdNs: 800 }
const plays = { faults: 1000, outsideMemslots: 0, stillMapped: 10, firstTouches: 400, caused: 590 }
const memslots = [{ slot: 0, baseGfn: 0, hva: 4096, pages: 512 }]
const ranges = (...startHvas: readonly number[]) => ({ startHvas, endHvas: startHvas.map((start) => start + 1) })
const played = { accesses: [{}, {}], invalidations: [ranges(1, 4100)], zaps: [], memslots }
const group = (over: Partial<typeof kernel> = {}, recording: object = {}, mmu = 'tdp') =>
  ({
    scenario: precheck,
    replay: {
      speed: '1',
      plays,
      kernel: { ...kernel, ...over },
      recording: { ...played, ...recording },
      host: { mmu },
    },
  }) as unknown as Group

const run = (variant: string, share: number, totalNs: number) =>
  ({
    variant,
    trials: [{}, {}],
    counters: { pf_fixed: 1960, pf_spurious: 20 },
    metrics: {
      mmu_lock_waits_per_fault: { median: share },
      mmu_lock_wait_total_ns: { median: totalNs },
      mmu_lock_wait_p50_ns: { median: 500 },
    },
  }) as unknown as Run

test('a replay is compared with its recording by the variant of a current kernel', () => {
  const [other, own] = judged(group(), [run('no-precheck', 0.9, 9e9), run('precheck', 0.2, 50_000)])
  assert.deepEqual(own!.replayed, {
    ...plays,
    occurred: 990,
    own: 'precheck',
    misses: { share: 2, total: 0.5, median: 0.5 },
    predicts: true,
  })
  assert.equal(other!.replayed!.predicts, true)
})

test('a replay that misses share or sum of its own waits by more than a factor of three predicts nothing', () => {
  const verdict = (share: number, totalNs: number) =>
    judged(group(), [run('precheck', share, totalNs)])[0]!.replayed!.predicts
  assert.deepEqual(
    [verdict(0.31, 100_000), verdict(0.03, 100_000), verdict(0.1, 310_000), verdict(0.1, 30_000)],
    [false, false, false, false],
  )
  assert.equal(verdict(0.29, 34_000), true)
})

test('without its own variant, or without waits in the recording, nothing is known of a replay', () => {
  assert.equal(judged(group(), [run('no-precheck', 0.1, 1e5)])[0]!.replayed!.predicts, null)
  assert.equal(judged(group({ waits: 3 }), [run('precheck', 0.1, 1e5)])[0]!.replayed!.misses, null)
  assert.deepEqual(judged({ ...group(), replay: null }, [run('precheck', 1, 1)])[0]!.replayed, undefined)
})

test('a replay with nothing to wait for has no waits to predict', () => {
  const alone = (recording: object, mmu?: string) =>
    judged(group({}, recording, mmu), [run('precheck', 0, 0)])[0]!.replayed!.isAlone === true
  assert.equal(alone({ accesses: [{}], invalidations: [] }, 'shadow'), true)
  assert.equal(alone({ accesses: [{}], invalidations: [ranges(1)] }, 'shadow'), true, 'its ranges are not in the guest')
  assert.equal(alone({ invalidations: [] }), true, 'faults under the read lock')
  assert.equal(alone({ invalidations: [] }, 'shadow'), false)
  assert.equal(alone({ accesses: [{}] }), false)
  const [only] = judged(group({}, { accesses: [{}], invalidations: [] }), [run('precheck', 0, 0)])
  assert.deepEqual([only!.replayed!.misses, only!.replayed!.predicts], [null, null])
})
