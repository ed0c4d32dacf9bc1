import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { entryOf } from '../bench/trend/history.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-names-'))
const LOAD = ['-s', 'precheck', '-m', 'altra-64', '--vcpus', '1', '--duration', '300us', '--draws', '0']
const MODELLED = ['bench', ...LOAD, '--quiet']
const NAMES = ['toString', 'valueOf', '__proto__', 'constructor', 'hasOwnProperty']

for (const name of NAMES) {
  test(`${name} is not a parameter, cost, machine, variant or metric`, async () => {
    const asked = [
      [...MODELLED, '--set', `${name}=1`],
      [...MODELLED, '--set', `cost.${name}=1`],
      [...MODELLED, '--set', `machine.${name}=1`],
      [...MODELLED, '--what-if', `${name}=2`],
      ['bench', '-s', 'precheck', '--variant', name],
      ['bench', '-s', name],
      ['bench', '-s', 'precheck', '-m', name],
      ['check', 'precheck', '--variant', name],
      ['check', name],
    ]
    const file = join(FOLDER, 'good.json')
    writeFileSync(
      file,
      JSON.stringify(resultOf([runOf({ faults_per_second: [1] }), runOf({ faults_per_second: [2] })])),
    )
    for (const words of [
      ...asked,
      ['compare', file, '--metric', name],
      ['compare', file, '--group', name],
      ['compare', file, '--by', name],
    ]) {
      const { code, err } = await faultline(...words)
      assert.equal(code, 2, words.join(' '))
      assert.ok(err.includes(name), `${words.join(' ')}: ${err}`)
      assert.doesNotMatch(err, /should not have happened|native code/)
    }
  })

  test(`a file that calls a metric ${name} is damaged, and so is a line of a history`, async () => {
    const result = resultOf([runOf(Object.fromEntries([[name, [1, 2, 3]]]))])
    const file = join(FOLDER, `${name}.json`)
    writeFileSync(file, JSON.stringify(result))
    for (const words of [
      ['verify', file],
      ['compare', file],
      ['export', file, '--format', 'go'],
    ]) {
      const { code, err } = await faultline(...words)
      assert.equal(code, 2)
      assert.match(err, new RegExp(`is damaged: it calls something '${name}'`))
    }
    const history = join(FOLDER, `${name}.jsonl`)
    writeFileSync(history, `${JSON.stringify(entryOf(result))}\n`)
    assert.match((await faultline('trend', history)).err, /line 1 is not an entry of a history/)
  })
}

test('an invalid speed is refused with and without a recording', async () => {
  for (const speed of ['NaN', '-1', '0', 'fast', 'Infinity']) {
    const { code, err } = await faultline(...MODELLED, `--speed=${speed}`)
    assert.equal(code, 2, speed)
    assert.match(err, /the speed is/)
  }
})
