import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { RESULT } from '../report/export/exported.contract.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-export-'))
const FILE = join(FOLDER, 'result.json')
writeFileSync(FILE, JSON.stringify(RESULT))

test('a format of one file goes to standard output, or to the file that is named', async () => {
  const { code, out } = await faultline('export', FILE, '--format', 'go')
  assert.equal(code, 0)
  assert.match(out, /^BenchmarkPrecheck/m)
  const path = join(FOLDER, 'bench.txt')
  await faultline('export', FILE, '--format', 'go', '--out', path)
  assert.equal(readFileSync(path, 'utf8'), out)
})

test('a format of several files needs a folder, or a choice', async () => {
  const refused = await faultline('export', FILE, '--format', 'github-action-benchmark')
  assert.equal(refused.code, 2)
  assert.match(refused.err, /needs 2 files[\s\S]*smaller-is-better, bigger-is-better/)
  const folder = join(FOLDER, 'both')
  assert.equal((await faultline('export', FILE, '--format', 'github-action-benchmark', '--out', folder)).code, 0)
  assert.deepEqual(readdirSync(folder).sort(), ['bigger-is-better.json', 'smaller-is-better.json'])
  const one = await faultline('export', FILE, '--format', 'github-action-benchmark', '--only', 'bigger')
  assert.equal(one.out, readFileSync(join(folder, 'bigger-is-better.json'), 'utf8'))
})

test('a result that has nothing for a format says so', async () => {
  const plain = join(FOLDER, 'plain.json')
  writeFileSync(plain, JSON.stringify(resultOf([runOf({ jain_fairness: [1] })])))
  const { code, err } = await faultline('export', plain, '--format', 'hlog')
  assert.equal(code, 2)
  assert.match(err, /plain.json has no data for hlog/)
})

test('a folder is accepted for one file or several, and a file in its place is refused', async () => {
  const folder = join(FOLDER, 'one')
  for (const format of ['go', 'csv']) {
    assert.equal((await faultline('export', FILE, '--format', format, '--out', `${folder}/`)).code, 0)
  }
  assert.deepEqual(readdirSync(folder).sort(), ['go.txt', 'trials.csv'])
  const there = await faultline('export', FILE, '--format', 'hgrm', '--out', folder)
  assert.equal(there.code, 0)
  assert.match(there.out, /one\/precheck-.*\.hgrm\n/)
  const { code, err } = await faultline('export', FILE, '--format', 'perf-lock', '--out', join(folder, 'go.txt/'))
  assert.equal(code, 2)
  assert.match(err, /go\.txt.* cannot be written/)
})

test('names in a file cannot control the terminal or start a new line', async () => {
  const figures = (centre: number) => ({
    faults_per_second: [1, 2, 3, 4].map((each) => each + centre),
    'x\n2 runs, all fine': [1],
  })
  const evil = runOf(figures(5), { variant: 'pre\u001b[2Jcheck\u202e', outcomes: [] })
  const file = join(FOLDER, 'evil.json')
  writeFileSync(file, JSON.stringify(resultOf([evil, runOf(figures(50))])))
  for (const words of [
    ['verify'],
    ['compare', '--by', 'variant'],
    ['compare', '--format', 'markdown', '--by', 'variant'],
    ['compare', '--format', 'json', '--by', 'variant'],
  ]) {
    const { out, err } = await faultline(...words, file)
    assert.doesNotMatch(out + err, /(?!\n)[\p{Cc}\u202e]/u, words.join(' '))
    assert.doesNotMatch(out + err, /^2 runs, all fine/m)
    assert.match(out, /pre\\*u001b/, words.join(' '))
  }
})
