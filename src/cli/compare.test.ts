import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare as compareResults } from '../bench/comparing/compare.ts'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { digestOf } from '../bench/digest.ts'
import type { Result } from '../bench/result.ts'
import { type Table, tablesOf } from '../report/compare-tables.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-compare-'))

function file(name: string, content: Result | string): string {
  const path = join(FOLDER, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const ten = (centre: number) => Array.from({ length: 10 }, (_, index) => centre + ((index * 7) % 10) / 10)
const fast = file('fast.json', resultOf([runOf({ faults_per_second: ten(120), retries_per_fault: ten(1) })]))
const slow = file('slow.json', resultOf([runOf({ faults_per_second: ten(100), retries_per_fault: ten(1) })]))

test('a comparison shows both medians, the change with its evidence, and sums up', async () => {
  const { code, out } = await faultline('compare', slow, fast)
  assert.equal(code, 0)
  assert.match(out, /^Better: precheck precheck faults_per_second \+20 %\.\n\nprecheck threads measured\n/)
  assert.match(out, /faults_per_second +100 ± 0.\d % +120 ± 0.\d % +\+20 % \[.*\] better \(p<0.001 n=10\)/)
  assert.match(out, /retries_per_fault .* ~ \(p=1.000 n=10, \d+ % would have shown\), exploratory/)
  assert.match(
    out,
    /Mann-Whitney U, beyond what drift.* explain; corrected by Holm for 1 figure that decides, and apart for 1 exploratory one;/,
  )
  assert.match(out, /1 better, 1 not resolved\.$/m)
})

test('the same in Markdown is a table that GitHub renders', async () => {
  const { out } = await faultline('compare', slow, fast, '--format', 'markdown')
  assert.match(
    out,
    /^\*\*Better: precheck precheck faults_per_second \+20 %\.\*\*\n\n### precheck threads measured\n\n\| {2}\| {2}\| slow.json \| fast.json \| against the first \|\n/,
  )
  assert.match(out, /\n\| --- \| --- \| --: \| --: \| --- \|\n/)
})

test('the same as benchstat prints it', async () => {
  const { out } = await faultline('compare', slow, fast, '--format', 'benchstat', '--metric', 'faults_per_second')
  const lines = out.split('\n')
  assert.ok(lines.includes('vcpus: 1'))
  assert.deepEqual(lines.slice(-4), [
    '                          │     slow.json     │                 fast.json                 │',
    '                          │ faults_per_second │ faults_per_second  vs base                │',
    'Precheck/variant=precheck          100.5 ± 0%          120.5 ± 0%  +19.91% (p=0.000 n=10)',
    '',
  ])
})

test('the same as JSON has every number', async () => {
  const { out } = await faultline('compare', slow, fast, '--format', 'json')
  const { changes, tests } = JSON.parse(out)
  assert.equal(tests, 1)
  assert.deepEqual([changes[0].verdict, changes[0].base.n, changes[0].test.method], ['better', 10, 'mann-whitney'])
})

test('nothing comparable exits with 4 and says why', async () => {
  const other = file('other.json', resultOf([runOf({ faults_per_second: ten(100) }, { definition: 'd2' })]))
  const { code, out } = await faultline('compare', slow, other)
  assert.equal(code, 4)
  assert.match(out, /^! the code of protocols or scenario differs: definition d1, d2 \(precheck\)\n! not compared/)
  assert.match(out, /--force/)
  assert.equal((await faultline('compare', slow, other, '--force')).code, 0)
  assert.equal((await faultline('compare', slow)).code, 4, 'one run alone')
})

test('bad input exits with 2, names the file and gives the next step', async () => {
  const broken: [string, RegExp][] = [
    [join(FOLDER, 'nowhere.json'), /nowhere.json cannot be read: there is no such file/],
    [file('text.json', 'hello'), /text.json is not JSON/],
    [file('empty.json', '{}'), /empty.json is not a result of faultline/],
    [file('cut.json', JSON.stringify({ ...resultOf([]), runs: undefined })), /cut.json is damaged: it must have/],
    [file('new.json', JSON.stringify({ ...resultOf([]), version: 2 })), /new.json has version 2/],
  ]
  for (const [path, says] of broken) {
    const { code, err } = await faultline('compare', slow, path)
    assert.equal(code, 2, err)
    assert.match(err, says)
    assert.equal(err.trim().split('\n').length, 2)
  }
})

test('flags that do not apply to these files are refused, with those that do', async () => {
  for (const [flags, says] of [
    [['--metric', 'nope'], /metric 'nope'[\s\S]*faults_per_second/],
    [['--by', 'nope'], /--by is 'nope'[\s\S]*vcpus/],
    [['--alpha', '2'], /--alpha is '2'/],
  ] as const) {
    const { code, err } = await faultline('compare', slow, fast, ...flags)
    assert.equal(code, 2)
    assert.match(err, says)
  }
})

test('a gate fails on a figure that is worse by the given share or is missing, and passes otherwise', async () => {
  const less = file('less.json', resultOf([runOf({ faults_per_second: ten(100) })]))
  for (const [files, failOn, code] of [
    [[fast, slow], 'worse', 1],
    [[fast, slow], 'worse:5%', 1],
    [[fast, slow], 'worse:50%', 0],
    [[fast, slow], 'worse:500%', 0],
    [[slow, fast], 'worse', 0],
    [[slow, less], 'worse', 1],
  ] as const) {
    const ran = await faultline('compare', ...files, '--fail-on', failOn)
    assert.equal(ran.code, code, `${files} ${failOn}: ${ran.out}`)
  }
  const { out } = await faultline('compare', slow, less)
  assert.match(out, /retries_per_fault +1.45 +- +gone\n/)
  assert.match(out, /1 gone\.$/m)
  const wrong = await faultline('compare', slow, fast, '--fail-on', 'better')
  assert.deepEqual([wrong.code, /--fail-on is 'better'/.test(wrong.err)], [2, true])
})

test('every format prints the doubts of both files: common ones once, others with their file', async () => {
  const doubtful = (name: string, ...warnings: string[]) =>
    file(name, resultOf([runOf({ faults_per_second: ten(100) }, { warnings: ['few trials (3)', ...warnings] })]))
  const files = [doubtful('one.json', 'steal (4 %)'), doubtful('other.json')]
  const { out } = await faultline('compare', ...files, '--format', 'markdown')
  assert.match(out, /^- few trials \(3\)\n- one.json: steal \(4 %\)$/m)
  assert.match((await faultline('compare', ...files)).out, /^! few trials \(3\)\n! one.json: steal \(4 %\)$/m)
  const { doubts } = JSON.parse((await faultline('compare', ...files, '--format', 'json')).out)
  assert.equal(doubts.length, 2)
})

test('a group that no run has is refused with the nearest name', async () => {
  const { code, err } = await faultline('compare', slow, fast, '--group', 'vcpu')
  assert.equal(code, 2)
  assert.match(err, /--group is 'vcpu', which these runs do not have\nDid you mean vcpus\?/)
})

test('a comment on a pull request has the verdict on its first line, and the figures folded below', async () => {
  const { out } = await faultline('compare', fast, slow, '--format', 'comment')
  assert.match(out, /^\*\*Worse: precheck precheck faults_per_second -17 %\.\*\*\n\n<details><summary>1 worse, /)
  const none = await faultline('compare', fast, fast, '--format', 'comment')
  assert.match(none.out, /^\*\*No change was found in the figure that decides; .* % would have shown\.\*\*\n/)
})

test('with thousands of figures the table shows the runs in which something changed, and the number of those it leaves out', () => {
  const runs = (slower: number) =>
    Array.from({ length: 1200 }, (_, range) =>
      runOf(
        { elapsed_ns: [5], faults_per_second: [range === 7 ? 5 - slower : 5] },
        { kind: 'modelled', params: { range } },
      ),
    )
  const [base, head] = [resultOf(runs(0)), resultOf(runs(1))]
  const sources = [
    { name: 'base.json', result: base },
    { name: 'head.json', result: head },
  ]
  const options = { by: 'file', alpha: 0.05, force: false, metrics: ['elapsed_ns', 'faults_per_second'] }
  const [{ rows, notes }] = tablesOf(compareResults(sources, options)) as [Table]
  const named = rows.map(([name]) => name).filter((name) => name !== '' && !name!.startsWith('geomean'))
  assert.equal(named.length, 1)
  assert.match(named[0]!, /range=7/)
  assert.deepEqual(notes, ['1199 runs in which no figure changed are not shown; --format json has them'])
})

test('a result that was altered after it was written is told on standard error, and is compared', async () => {
  const whole = resultOf([runOf({ faults_per_second: ten(120) })])
  const written = file('written.json', { ...whole, digest: digestOf(whole) })
  const altered = file('altered one.json', { ...whole, seed: 7, digest: digestOf(whole) })
  assert.equal((await faultline('compare', slow, written)).err, '')
  const { code, err } = await faultline('compare', slow, altered)
  assert.equal(code, 0)
  assert.match(err, /altered one\.json was altered after it was written; `faultline verify '.*altered one\.json'` says/)
})
