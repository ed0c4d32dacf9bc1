import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Report } from '../checker/run-check.ts'
import { faultline, runProgram } from './faultline.contract.ts'

const ONE = ['check', 'precheck', '--variant', 'precheck', '--configuration', 'one-vcpu']
const folder = mkdtempSync(join(tmpdir(), 'faultline-check-'))
const reportsIn = (out: string) => JSON.parse(out) as Report[]
const becauseIn = (out: string) => reportsIn(out).map(({ explored }) => [explored.verdict, explored.because].join(' '))

test('a check whose time is up before it begins calls every exploration UNKNOWN, and fails', async () => {
  const args = ['check', 'precheck', '--variant', 'precheck', '--time-budget', '301ms']
  const text = await faultline(...args)
  assert.equal(text.code, 1)
  assert.match(
    text.out,
    /^UNKNOWN \(the time was up, see --time-budget\): 14 of 14 explorations did not end: precheck in/,
  )
  assert.doesNotMatch(text.out, /PASS/)
  const json = await faultline(...args, '--json')
  assert.deepEqual([...new Set(becauseIn(json.out))], ['UNKNOWN budget'])
})

test('a check on more threads than Node expects listeners for gives no warning', async () => {
  const warnings: string[] = []
  const note = ({ message }: Error) => void warnings.push(message)
  process.on('warning', note)
  await faultline('check', 'precheck', '--variant', 'precheck', '--threads', '13', '--time-budget', '301ms')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  assert.deepEqual(warnings, [])
})

test('an interrupted check lists what it did not explore as UNKNOWN', async () => {
  const signal = AbortSignal.abort('SIGINT')
  const { code, out } = await runProgram([...ONE, '--json'], { signal })
  assert.equal(code, 130)
  assert.deepEqual(becauseIn(out), ['UNKNOWN interrupted'])
})

test('a time budget bounds an exploration for the worst schedule', async () => {
  const many = ['--worst', 'retries', '--retries', '30', '--time-budget', '302ms']
  const { code, out } = await faultline(
    'check',
    'precheck',
    '--variant',
    'no-precheck',
    '--configuration',
    'zapper',
    ...many,
  )
  assert.equal(code, 0)
  assert.match(out, /the most that was found within the bounds, not proved/)
})

test('--out keeps what --json prints, with the source and whether all was explored', async () => {
  const path = join(folder, 'one.json')
  const { out } = await faultline(...ONE, '--json', '--out', path)
  const file = JSON.parse(readFileSync(path, 'utf8'))
  assert.deepEqual(file.found, reportsIn(out))
  assert.deepEqual(
    [file.schema, file.version, file.kind, file.isComplete, file.command.slice(0, 2)],
    ['faultline.check', 1, 'explorations', true, ['check', 'precheck']],
  )
  assert.equal(typeof file.source.definition, 'string')
  const cut = await faultline(...ONE, '--quiet', '--out', path, '--time-budget', '301ms')
  assert.equal(cut.code, 1)
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).isComplete, false, 'a file of an earlier check is replaced')
})

test('--out does not replace a file that is not of a check without --force', async () => {
  const path = join(folder, 'notes.txt')
  writeFileSync(path, 'mine\n')
  const refused = await faultline(...ONE, '--out', path)
  assert.equal(refused.code, 2)
  assert.match(refused.err, /notes\.txt cannot be written: it exists already/)
  assert.equal(readFileSync(path, 'utf8'), 'mine\n')
  assert.equal((await faultline(...ONE, '--replay', '1:0:0:0', '--out', path)).code, 2)
})

test('--quiet prints a line for each verdict', async () => {
  assert.equal((await faultline(...ONE, '--quiet')).out, 'PASS precheck in one-vcpu\n')
  const litmus = fileURLToPath(new URL('../../litmus/SB+poonceonces.litmus', import.meta.url))
  const { out } = await faultline('check', litmus, '--quiet', '--memory', 'sc')
  assert.match(out, /^(Ok|No): Never SB\+poonceonces with --memory sc\n$/)
  assert.match((await faultline('check', litmus, '--time-budget', '5s')).err, /--time-budget does not apply/)
})
