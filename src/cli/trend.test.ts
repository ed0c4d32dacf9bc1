import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-trend-'))
const HISTORY = join(FOLDER, 'history.jsonl')

function resultFile(index: number, value: number): string {
  const path = join(FOLDER, `${index}.json`)
  const source = { git: `${index}`.padEnd(40, 'c'), dirty: false, definition: 'd1' }
  const createdAt = new Date(1e12 + index * 1e6).toISOString()
  const run = runOf({ faults_per_second: [value], elapsed_ns: [1e8] })
  writeFileSync(path, JSON.stringify(resultOf([run], { id: `id-${index}`, createdAt, source })))
  return path
}

test('a history grows by a line a result, and names the commit of a shift', async () => {
  for (let index = 0; index < 24; index += 1) {
    const value = (index < 14 ? 100_000 : 90_000) + ((index * 7) % 10) * 100
    const { code, err } = await faultline('trend', HISTORY, '--append', resultFile(index, value))
    assert.equal(code, 0, err)
  }
  assert.equal(readFileSync(HISTORY, 'utf8').trim().split('\n').length, 24)
  const { out } = await faultline('trend', HISTORY)
  assert.match(out, /^Precheck\/.* on threads \(measured\): faults_per_second, 24 points\n {2}on a cpu, 4, v20.19.0\n/)
  assert.match(out, / {2}14c{10} \(after 13c{10}\): 100k to 90.\dk, -9.9 % worse \(p=0.001\)/)
  assert.match(out, /0 of 1 series without a change; the longest has 24 points/)
})

test('a series that is too short to show a change was not tested', async () => {
  const file = join(FOLDER, 'short.csv')
  writeFileSync(
    file,
    `metric,value,commit\n${[1, 2, 3, 4, 5, 6, 7].map((n) => `faults_per_second,${n}00,c${n}`).join('\n')}\n`,
  )
  const { out } = await faultline('trend', file)
  assert.match(out, /^1 series not tested: one with fewer than 8 points cannot show a change\.$/m)
  assert.doesNotMatch(out, /by chance/)
  assert.match((await faultline('trend', HISTORY)).out, /^1 series tested by .* about 0\.0 of them/m)
})

test('the same as JSON has every point and every shift', async () => {
  const [series] = JSON.parse((await faultline('trend', HISTORY, '--json')).out)
  assert.equal(series.points.length, 24)
  assert.deepEqual([series.shifts.length, series.shifts[0].at, series.shifts[0].verdict], [1, 14, 'worse'])
})

test('what is no history, or is in it already, is refused with 2', async () => {
  const damaged = join(FOLDER, 'damaged.jsonl')
  writeFileSync(damaged, '{"schema":"other"}\n')
  for (const [args, says] of [
    [[join(FOLDER, 'nowhere.jsonl')], /cannot be read/],
    [[damaged], /line 1 is not an entry/],
    [[HISTORY, '--append', resultFile(3, 1)], /has .*3.json already/],
    [[HISTORY, '--append', join(FOLDER, 'no.json')], /no.json cannot be read/],
    [[HISTORY, '--alpha', '7'], /--alpha is '7'/],
    [[HISTORY, '--last', '3'], /--last is '3'/],
  ] as const) {
    const { code, err } = await faultline('trend', ...args)
    assert.equal(code, 2, err)
    assert.match(err, says)
  }
})

test('a history without the metric that is asked for exits with 4', async () => {
  assert.equal((await faultline('trend', HISTORY, '--metric', 'nope')).code, 4)
})

test('a regression among the newest points fails if asked to, and an old one, or a small one, does not', async () => {
  const code = async (...flags: string[]) => (await faultline('trend', HISTORY, ...flags)).code
  assert.equal(await code('--fail-on', 'worse', '--newest', '10'), 1)
  assert.equal(await code('--fail-on', 'worse'), 0)
  assert.equal(await code('--fail-on', 'worse:20%', '--newest', '10'), 0)
  assert.equal(await code('--fail-on', 'worse', '--newest', '10', '--min-change', '15%'), 0)
  assert.equal(await code('--fail-on', 'anything'), 2)
})

test('an old change that is left out is counted, with the flag that shows it', async () => {
  const { out } = await faultline('trend', HISTORY, '--fail-on', 'worse')
  assert.match(out, /series without a new change/)
  const [, newest] = /; \w+ changes? began before: --newest (\d+) shows/.exec(out) ?? []
  const told = await faultline('trend', HISTORY, '--fail-on', 'worse', '--newest', newest!)
  assert.equal(told.code, 1)
  assert.match(told.out, /newest points are reported\.$/m)
})

test('a line is added below one that lost its end', async () => {
  const cut = join(FOLDER, 'cut.jsonl')
  writeFileSync(cut, readFileSync(HISTORY, 'utf8').trimEnd())
  const { code, err } = await faultline('trend', cut, '--append', resultFile(90, 90_000))
  assert.equal(code, 0, err)
  assert.equal(readFileSync(cut, 'utf8').trim().split('\n').length, 25)
})

test('CSV of a spreadsheet that writes decimal commas is read, and no host or machine is made up for it', async () => {
  const csv = join(FOLDER, 'semicolons.csv')
  const rows = Array.from({ length: 24 }, (_, at) => `c${at};faults_per_second;${at < 14 ? 100 : 80},${at % 3}`)
  writeFileSync(csv, ['commit;metric;value', ...rows].join('\n'))
  const { out, err } = await faultline('trend', csv)
  assert.match(out, /c14 \(after c13\): 100 to 80\.1, -20 % worse/, err)
  assert.doesNotMatch(out, /unknown|threads|measured/)
})

test('a comma in a number of a CSV with commas is no decimal point', async () => {
  const csv = join(FOLDER, 'thousands.csv')
  writeFileSync(csv, 'commit,metric,value\nc1,faults_per_second,"12,345"\n')
  const { err } = await faultline('trend', csv)
  assert.match(err, /'12,345', which is not a number/)
})

test('a history may come as CSV', async () => {
  const csv = join(FOLDER, 'history.csv')
  const rows = Array.from(
    { length: 24 },
    (_, index) => `c${index},faults_per_second,${(index < 14 ? 100 : 80) + (index % 3)}`,
  )
  writeFileSync(csv, ['commit,metric,value', ...rows].join('\n'))
  const { code, out } = await faultline('trend', csv, '--fail-on', 'worse', '--newest', '10')
  assert.equal(code, 1)
  assert.match(out, /c14 \(after c13\): 101 to 81.0, -20 % worse/)
})
