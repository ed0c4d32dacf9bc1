import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-stdin-'))
const BASE = join(FOLDER, 'base.json')
const textOf = (centre: number) =>
  JSON.stringify(resultOf([runOf({ faults_per_second: [0, 1, 2, 3, 4, 5, 6, 7].map((each) => centre + each) })]))
writeFileSync(BASE, textOf(100))

const faultline = (input: string, ...words: string[]) =>
  spawnSync(process.execPath, [MAIN, ...words], { cwd: FOLDER, input, encoding: 'utf8' })

test('- is standard input wherever a result is read, on either side of a comparison', () => {
  const base = faultline(textOf(500), 'compare', '-', BASE)
  assert.match(base.stdout, /faults_per_second.*504.*worse/, base.stderr)
  const head = faultline(textOf(500), 'compare', BASE, '-')
  assert.match(head.stdout, /faults_per_second.*better/, head.stderr)
  assert.match(
    faultline(textOf(500), 'export', '-', '--format', 'go').stdout,
    /^Benchmark\S+ 1 500 faults_per_second$/m,
  )
  const history = ['commit,metric,value', ...Array.from({ length: 8 }, (_, at) => `c${at},faults_per_second,1`)].join(
    '\n',
  )
  assert.match(faultline(history, 'trend', '-').stdout, /^1 of 1 series without a change; the longest has 8 points/)
  assert.match(faultline(textOf(500), 'verify', '-', '--rerun', 'none').stdout, /1 run, 8 trials/)
})

test('where standard input cannot be read, or not twice, - is refused, and it is the name of no file', () => {
  const refused = [
    ['compare', '-', '-'],
    ['bench', '--config', '-'],
    ['bench', '-s', 'precheck', '-m', 'altra-64', '--trace', BASE, '--memslots', '-'],
    ['trend', '-', '--append', BASE],
    ['export', BASE, '--format', 'go', '--out', '-'],
  ]
  for (const words of refused) {
    const { status, stderr } = faultline(textOf(1), ...words)
    assert.equal(status, 2, words.join(' '))
    assert.match(stderr, /^faultline: .*(standard input|'-').*\n/, words.join(' '))
  }
  assert.deepEqual(readdirSync(FOLDER), ['base.json'])
})
