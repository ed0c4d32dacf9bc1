import assert from 'node:assert/strict'
import { test } from 'node:test'
import yargs from 'yargs'
import { bench } from '../bench/bench.ts'
import type { Result } from '../bench/result.ts'
import { resultText } from '../bench/result-text.ts'
import type { BenchArgs } from './bench-args.ts'
import { benchFlags } from './bench-flags.ts'
import { planOf } from './bench-plan.ts'
import type { Io } from './io.ts'

const WORDS = ['-s', 'precheck', '-m', 'altra-64', '--sweep', 'vcpus=2,1,3', '--seed', '1', '--duration', '0.1ms']
const MORE = ['--timeline', '100', '--what-if', 'flush=0']
const args = benchFlags(yargs([...WORDS, ...MORE])).parseSync() as BenchArgs
const plan = await planOf(args, { signal: new AbortController().signal } as Io)

async function on(cores: number, more: { signal?: AbortSignal; earlier?: Result; onTrial?: () => void } = {}) {
  const { signal = new AbortController().signal, earlier, onTrial = () => {} } = more
  const finished: number[] = []
  const result = await bench(
    {
      ...plan,
      plan: plan.options,
      command: ['bench'],
      runtime: { node: 'v20', v8: '11' },
      signal,
      earlier,
      cores,
      aloneMs: 0,
    },
    { progress: onTrial, speed: () => {}, finished: ({ runs }) => finished.push(runs.length) },
  )
  return { result, finished }
}

const whole = resultText((await on(1)).result)

test('a plan that is modelled on several cores gives the bytes that it gives on one, a point at a time', async () => {
  const three = await on(3)
  assert.equal(resultText(three.result), whole)
  assert.deepEqual(three.finished, [2, 4, 6])
})

test('a plan that is interrupted on several cores goes on to the same bytes', async () => {
  const interrupt = new AbortController()
  let begun = 0
  const onTrial = () => {
    begun += 1
    if (begun === 4) interrupt.abort('SIGINT')
  }
  const cut = await on(2, { signal: interrupt.signal, onTrial })
  assert.ok(cut.result.runs.length < 6)
  const resumed = await on(2, { earlier: cut.result })
  assert.equal(resultText(resumed.result), whole)
})
