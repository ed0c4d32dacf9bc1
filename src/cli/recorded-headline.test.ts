import assert from 'node:assert/strict'
import test from 'node:test'
import yargs from 'yargs'
import { machineOf } from '../bench/plan.ts'
import type { BenchArgs } from './bench-args.ts'
import { benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import type { Io } from './io.ts'

async function machinesOf(...words: readonly string[]) {
  const args = benchFlags(yargs([...words])).parseSync() as BenchArgs
  const { groups } = await planOf(args, { signal: new AbortController().signal } as Io)
  return {
    recording: groups.filter(({ replay }) => replay !== null).map(machineOf),
    questions: [...new Set(groups.filter(({ replay }) => replay === null).map(machineOf))],
  }
}

test('without --scenario the recording is played on the machine that predicts, and with --all also on threads', async () => {
  assert.deepEqual(await machinesOf(), { recording: ['recorded-host'], questions: ['threads', 'altra-64'] })
  assert.deepEqual((await machinesOf('--all')).recording, ['recorded-host', 'threads'])
})

test('that machine runs nothing else, and a plan for it without a recording is refused', async () => {
  assert.deepEqual(await machinesOf('-m', 'recorded-host'), { recording: ['recorded-host'], questions: [] })
  await assert.rejects(machinesOf('-m', 'recorded-host', '--quick'), /recorded-host plays recordings only/)
})
