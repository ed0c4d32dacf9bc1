import assert from 'node:assert/strict'
import { test } from 'node:test'
import yargs from 'yargs'
import type { BenchArgs } from './bench-args.ts'
import { benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import type { Io } from './io.ts'

const NOWHERE = { signal: new AbortController().signal } as Io

/** `scenario on machine` of each group that a command line asks for. */
async function groupsOf(...words: readonly string[]): Promise<string[]> {
  const { groups } = await planOf(benchFlags(yargs([...words])).parseSync() as BenchArgs, NOWHERE)
  return groups.map(({ scenario, modelled, replay }) => {
    const machine = modelled?.profile.name ?? 'threads'
    return `${scenario.name} on ${machine}${replay === null ? '' : ', recorded'}`
  })
}

const MEASURED = ['precheck', 'nx-recovery', 'icache', 'elision', 'apic-page'].map((name) => `${name} on threads`)
const MODELLED = MEASURED.map((group) => group.replace('threads', 'altra-64'))
const RECORDED = 'precheck on threads, recorded'
const PREDICTED = 'precheck on recorded-host, recorded'

test('without flags every question from the mailing list is measured here and modelled on 64 Arm cores', async () => {
  assert.deepEqual(await groupsOf(), [...MEASURED, PREDICTED, ...MODELLED])
})

test('the recording is played by the machine that predicts it, and with --all by threads too', async () => {
  assert.deepEqual(await groupsOf('--all'), [...MEASURED, PREDICTED, RECORDED, ...MODELLED])
})

test('a question that is for one machine only is not run on the other', async () => {
  assert.deepEqual(await groupsOf('-m', 'threads'), [...MEASURED, RECORDED])
  assert.deepEqual(await groupsOf('-m', 'altra-64'), MODELLED)
})

test('flags for the load or the duration apply to the threads, which are the default machine', async () => {
  assert.deepEqual(await groupsOf('--vcpus', '2'), MEASURED)
  assert.deepEqual(await groupsOf('--duration', '100ms'), [...MEASURED, PREDICTED])
  assert.deepEqual(await groupsOf('-s', 'icache'), ['icache on threads'])
})

test('on every modelled machine each question uses all cores, and no more', async () => {
  for (const machine of ['altra-64', 'altra-max-128', 'epyc-milan-2s', 'epyc-genoa-2s', 'icx-2s']) {
    const args = benchFlags(yargs(['-m', machine])).parseSync() as BenchArgs
    const { groups } = await planOf(args, NOWHERE)
    for (const { scenario, crew, values, modelled } of groups) {
      if (scenario.kind !== 'vm') continue
      const load = { values, crew, arrival: { kind: 'closed' }, seed: 0, sampleEvery: 0 } as const
      const cpus = Math.min(64, modelled!.profile.parameters.cpus!.value)
      assert.equal(scenario.load(load).roles.length, cpus, `${scenario.name} on ${machine}`)
    }
  }
})
