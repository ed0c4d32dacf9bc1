import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BenchFlags, bench } from './library.ts'

const modelled = async (flags: BenchFlags) => {
  const { runs } = await bench({ machine: 'epyc-milan-2s', draws: 0, ...flags })
  assert.ok(runs.every(({ error }) => error === null))
  return runs[0]!
}

test('with some seeds a boot zaps without contention, with others it meets a burst of faults and flushes for many pages', async () => {
  const set = ['shape=bursts', 'range=128', 'pause-us=500', 'burst-accesses=50', 'burst-every-us=3000']
  const run = await modelled({
    ...{ machine: 'altra-64', scenario: 'precheck', variant: 'no-precheck', set, vcpus: 4, seed: '1..8' },
    ...{ warmup: '1us', duration: '5ms' },
  })
  const flushes = run.trials.map(({ metrics }) => metrics.flushes_per_unmap!)
  assert.ok(flushes.includes(1), `${flushes}`)
  assert.ok(Math.max(...flushes) > 2, `${flushes}`)
})

test('a remote flush interrupts every vCPU that runs the guest, INVLPGB interrupts none', async () => {
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

const perSecond = async (vcpus: number, set: readonly string[]) => {
  const load = { machine: 'clx-2s', scenario: 'fault-scaling', variant: 'read-lock', duration: '0.05ms', warmup: '1us' }
  return (await modelled({ ...load, vcpus, set: [...set] })).metrics.operations_per_second!.median
}

test('userfaults of many vCPUs wait for the one task that resolves them, and run side by side with more of them', async () => {
  const [alone, few, many] = [
    await perSecond(1, ['operation=uffd']),
    await perSecond(8, ['operation=uffd']),
    await perSecond(8, ['operation=uffd', 'readers=8']),
  ]
  assert.ok(few < 4 * alone, `${alone} ${few}`)
  assert.ok(many > 2 * few, `${few} ${many}`)
})

test('a guest whose writes are logged by hardware is slower than one without a log, and faster than one that faults', async () => {
  const [free, logged, faulting] = [
    await perSecond(2, ['operation=dirty']),
    await perSecond(2, ['operation=pml']),
    await perSecond(2, ['operation=fast']),
  ]
  assert.ok(faulting < logged && logged < free, `${faulting} ${logged} ${free}`)
})

test('splits for executing guests contend for one list that other splits do not take', async () => {
  const [plain, forNx] = [await perSecond(16, ['operation=split']), await perSecond(16, ['operation=nx-split'])]
  assert.ok(forNx < plain, `${plain} ${forNx}`)
  assert.ok((await perSecond(1, ['operation=nx-split'])) < forNx)
})

test('operations that the protocol has run its functions: mapped, fixed without a lock, split and listed, zapped', async () => {
  const of = async (operation: string, variant: string, counter: string) => {
    const load = {
      scenario: 'fault-scaling',
      vcpus: 2,
      set: [`operation=${operation}`],
      duration: '0.05ms',
      warmup: '1us',
    }
    const { counters } = await modelled({ ...load, variant })
    return [counters[counter] ?? 0, counters.scaling_operations!] as const
  }
  for (const [operation, variant, counter] of [
    ['fast', 'lock-free', 'pf_fast'],
    ['nx-split', 'read-lock', 'nx_lpage_splits'],
    ['zap', 'write-lock', 'leafs_zapped'],
  ] as const) {
    const [counted, operations] = await of(operation, variant, counter)
    assert.ok(operations > 20, operation)
    // An operation that was under way when the window began or ended is counted on one side.
    assert.ok(Math.abs(counted - operations) <= 4, `${operation}: ${counted} of ${operations}`)
  }
})

test('huge pages are split until none is left, and then the run ends', async () => {
  const set = ['operation=nx-split']
  const run = await modelled({ scenario: 'fault-scaling', variant: 'read-lock', vcpus: 16, set, duration: '100ms' })
  assert.equal(run.counters.nx_lpage_splits! <= 8192, true)
  assert.ok(run.trials[0]!.durationNs < 20e6, `${run.trials[0]!.durationNs}`)
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
