import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bench, check, compare, FaultlineError, readResult } from './library.ts'

const MODELLED = { scenario: 'precheck', machine: 'altra-64', vcpus: 2, duration: '0.2ms', draws: 0 }

test('a call runs a plan, reports its progress, and prints nothing', async () => {
  const told: number[] = []
  const result = await bench(MODELLED, { onProgress: (done) => told.push(done) })
  assert.deepEqual(
    result.runs.map(({ variant }) => variant),
    ['no-precheck', 'precheck'],
  )
  assert.deepEqual(told, [0, 1])
})

test('invalid flags are refused with a sentence', async () => {
  await assert.rejects(bench({ scenario: 'nosuch' }), /there is no scenario 'nosuch'/)
  // @ts-expect-error: no flag of this name
  await assert.rejects(bench({ trails: 3 }), /Unknown argument: trails/)
  // @ts-expect-error: a flag of the program
  await assert.rejects(bench({ help: true }), /Unknown argument: help/)
  // @ts-expect-error: a flag of the program
  await assert.rejects(bench({ version: true }), /Unknown argument: version/)
  // @ts-expect-error: a call writes no file
  await assert.rejects(bench({ ...MODELLED, out: 'x.json' }), /bench\(\) writes no file, so it takes no out/)
})

test('two results are compared by a call', async () => {
  const [base, other] = [await bench(MODELLED), await bench({ ...MODELLED, set: ['cost.zap_spte=2000'] })]
  const head = { ...other, runs: other.runs.map((run, at) => ({ ...run, params: base.runs[at]!.params })) }
  assert.equal(compare(base, head).changes.length, 0)
  assert.ok(compare(base, head, { force: true }).changes.some(({ verdict }) => verdict === 'worse'))
})

test('a committed result is read, and a file that is not a result is refused', async () => {
  const baseline = fileURLToPath(new URL('../../results/baseline/precheck.json', import.meta.url))
  assert.ok((await readResult(baseline)).runs.length > 0)
  await assert.rejects(readResult('nosuch.json'), FaultlineError)
  await assert.rejects(readResult(fileURLToPath(new URL('../../package.json', import.meta.url))), FaultlineError)
})

test('a check is explored by a call', async () => {
  const [report] = await check('precheck', { variant: 'B-STALE' })
  assert.equal(report!.isAsExpected, true)
  assert.ok(report!.replay !== null)
  await assert.rejects(check('nosuch'), /there is no check 'nosuch'/)
})

test('a check that is interrupted by its signal reports UNKNOWN for what it did not explore', async () => {
  const reports = await check('precheck', { variant: 'precheck', signal: AbortSignal.abort() })
  assert.ok(reports.length > 10)
  for (const { explored } of reports) assert.deepEqual([explored.verdict, explored.because], ['UNKNOWN', 'interrupted'])
})

test('a misspelt flag or option, or a value that is not a result, is refused with a suggestion', async () => {
  const hint = (wanted: RegExp) => (error: unknown) => error instanceof FaultlineError && wanted.test(error.hint)
  // @ts-expect-error: misspelt
  await assert.rejects(bench({ scenaro: 'precheck' }), hint(/^Did you mean scenario\?/))
  await assert.rejects(bench({ arrival: 'opne' }), hint(/^Did you mean open\?/))
  await assert.rejects(check('prechek'), hint(/^Did you mean precheck\?/))
  await assert.rejects(check('precheck', { variant: 'B-STAL' }), hint(/^Did you mean B-STALE\?/))
  const misspelt = { varant: 'B-STALE' } as object
  await assert.rejects(check('precheck', misspelt), hint(/^Did you mean variant\?/))
  assert.throws(() => compare('base.json' as never, 'head.json' as never), hint(/readResult/))
})
