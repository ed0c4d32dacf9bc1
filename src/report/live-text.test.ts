import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LiveFrame, liveText } from './live-text.ts'

const worker = (name: string, counts: readonly number[], waitsFor?: string) => ({ name, counts, waitsFor })

const frameOf = (workers: LiveFrame['workers'], phase: LiveFrame['phase'] = 'measuring'): LiveFrame => {
  const counters = ['pf_taken', 'pf_fixed', 'exits']
  const totals = counters.map((_, at) => workers.reduce((sum, { counts }) => sum + counts[at]!, 0))
  return { label: 'precheck', atMs: 0, phase, counters, workers, totals, perSecond: [1500, 20, 0] }
}

test('each worker has a column, each counter that counts a row, and a wait for a lock is named', () => {
  const frame = frameOf([worker('vcpu 0', [12, 3, 0]), worker('vcpu 1', [2000, 0, 0], 'mmuLock')])
  assert.deepEqual(liveText(frame, 80), [
    'precheck, measuring',
    '           vcpu 0   vcpu 1    all      now',
    'pf_taken       12    2.00k  2.01k  1.50k/s',
    'pf_fixed        3        0      3     20/s',
    'waits for          mmuLock',
  ])
})

test('where the terminal is too narrow for each worker, those of a role are one column', () => {
  const many = Array.from({ length: 63 }, (_, cpu) => worker(`vcpu ${cpu}`, [1, 0, 0], cpu < 2 ? 'mmuLock' : undefined))
  assert.deepEqual(liveText(frameOf([...many, worker('notifier 0', [0, 0, 7])]), 80), [
    'precheck, measuring',
    '           63 vcpu  1 notifier  all      now',
    'pf_taken        63           0   63  1.50k/s',
    'exits            0           7    7      0/s',
    'waits for  2 of 63',
  ])
})

test('in the warm-up nothing counts, and that is said', () => {
  assert.deepEqual(liveText(frameOf([worker('vcpu 0', [0, 0, 0])], 'warming up'), 80), [
    'precheck, warming up',
    'nothing counts in this phase',
  ])
})
