import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-regress-'))

function baseline(name: string, ...files: string[]): string {
  const folder = join(FOLDER, name)
  mkdirSync(folder)
  for (const [index, content] of files.entries()) writeFileSync(join(folder, `${index}.json`), content)
  return folder
}

const modelled = runOf({ flushes_per_unmap: [1] }, { kind: 'modelled', machine: 'altra-64' })

test('a baseline that is missing is not a pass, for the gate and for its update', async () => {
  for (const folder of [join(FOLDER, 'nowhere'), baseline('empty')]) {
    for (const flags of [[], ['--update']]) {
      const { code, err } = await faultline('regress', '--baseline', folder, ...flags)
      assert.equal(code, 4)
      assert.match(err, /there is no baseline in .*\nWrite one: `faultline bench/)
    }
  }
})

test('a baseline that is damaged, or has nothing exact, is not a pass', async () => {
  const broken: [string, string, RegExp][] = [
    ['text', 'hello', /0.json is not JSON/],
    ['cut', JSON.stringify({ ...resultOf([modelled]), runs: 1 }), /0.json is damaged/],
    ['newer', JSON.stringify({ ...resultOf([modelled]), version: 9 }), /has version 9/],
    ['measured', JSON.stringify(resultOf([runOf({ elapsed_ns: [1] })])), /has no exact figures/],
    ['none', JSON.stringify(resultOf([])), /has no exact figures/],
    ['other', JSON.stringify(resultOf([modelled], { command: ['check'] })), /cannot be run again/],
  ]
  for (const [name, content, says] of broken) {
    const { code, err } = await faultline('regress', '--baseline', baseline(name, content))
    assert.equal(code, 2, `${name}: ${err}`)
    assert.match(err, says)
  }
})

test('one damaged baseline among good ones fails the gate before anything is run', async () => {
  const folder = baseline('mixed', JSON.stringify(resultOf([modelled])), '{')
  assert.equal((await faultline('regress', '--baseline', folder)).code, 2)
})

test('a gate that would check nothing is refused', async () => {
  const { code, err } = await faultline('regress', '--skip-exact')
  assert.equal(code, 2)
  assert.match(err, /checks nothing would pass everything/)
})
