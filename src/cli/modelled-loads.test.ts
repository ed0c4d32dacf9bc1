import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BenchFlags, bench } from './library.ts'

const modelled = async (flags: BenchFlags) => {
  const { runs } = await bench({ machine: 'epyc-milan-2s', draws: 0, ...flags })
  assert.ok(runs.every(({ error }) => error === null))
  return runs[0]!
}

test('of boots that differ in their seed some zap quietly, and some meet a burst and flush for many pages', async () => {
  const set = ['shape=bursts', 'range=128', 'pause-us=500', 'burst-accesses=50', 'burst-every-us=3000']
  const run = await modelled({
    ...{ machine: 'altra-64', scenario: 'precheck', variant: 'no-precheck', set, vcpus: 4, seed: '1..8' },
    ...{ warmup: '1us', duration: '5ms' },
  })
  const flushes = run.trials.map(({ metrics }) => metrics.flushes_per_unmap!)
  assert.ok(flushes.includes(1), `${flushes}`)
  assert.ok(Math.max(...flushes) > 2, `${flushes}`)
})

test('a remote flush interrupts every vCPU that runs the guest, and INVLPGB none', async () => {
  const zap = async (flush: string) => {
    const set = ['operation=zap', 'guests=6', `flush=${flush}`]
    const run = await modelled({ scenario: 'fault-scaling', variant: 'write-lock', vcpus: 2, set, duration: '0.2ms' })
    return { exits: run.counters.request_irq_exits ?? 0, perSecond: run.metrics.operations_per_second!.median }
  }
  const [remote, invlpgb] = [await zap('remote'), await zap('invlpgb')]
  assert.ok(remote.exits > 6, `${remote.exits}`)
  assert.equal(invlpgb.exits, 0)
  assert.ok(invlpgb.perSecond > remote.perSecond)
})

test('processes that change their own PTEs wait for each other if they broadcast, and not if they flush by themselves', async () => {
  const perSecond = async (vcpus: number, flush: string) => {
    const set = ['operation=protect', `flush=${flush}`]
    const load = { machine: 'altra-64', scenario: 'fault-scaling', variant: 'lock-free', duration: '0.2ms' }
    return (await modelled({ ...load, vcpus, set })).metrics.operations_per_second!.median
  }
  assert.ok((await perSecond(16, 'local')) > 15 * (await perSecond(1, 'local')))
  assert.ok((await perSecond(16, 'tlbi')) < 3 * (await perSecond(1, 'tlbi')))
})

test('a scenario, variant, machine or load that is named twice runs once, and is not compared with itself', async () => {
  const { runs } = await bench({
    ...{ scenario: 'precheck,precheck', variant: 'no-precheck,precheck,precheck', machine: 'altra-64,altra-64' },
    ...{ vcpus: '1,1', duration: '0.1ms', draws: 0 },
  })
  assert.deepEqual(
    runs.map(({ variant }) => variant),
    ['no-precheck', 'precheck'],
  )
})
