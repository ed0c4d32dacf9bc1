import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './faultline.contract.ts'
import { isColoured } from './terminal.ts'

test('output is coloured on a terminal, and plain in a pipe', () => {
  assert.equal(isColoured(true, { TERM: 'xterm' }), true)
  assert.equal(isColoured(true, { TERM: 'dumb' }), false)
  assert.equal(isColoured(false, {}), false)
})

test('NO_COLOR forbids colours and FORCE_COLOR asks for them; an empty NO_COLOR says nothing', () => {
  assert.equal(isColoured(true, { NO_COLOR: '1' }), false)
  assert.equal(isColoured(true, { NO_COLOR: '' }), true)
  assert.equal(isColoured(false, { FORCE_COLOR: '1' }), true)
  assert.equal(isColoured(true, { FORCE_COLOR: '0' }), false)
  assert.equal(isColoured(true, { FORCE_COLOR: '1', NO_COLOR: '1' }), false)
})

const BASELINE = fileURLToPath(new URL('../../results/baseline/precheck.json', import.meta.url))
const LITMUS = fileURLToPath(new URL('../../litmus/SB+poonceonces.litmus', import.meta.url))

for (const command of [['verify', BASELINE, '--rerun', 'none'], ['check', LITMUS, '--memory', 'relaxed'], ['list']]) {
  test(`on a terminal of 60 columns \`${command[0]}\` breaks its sentences between words`, async () => {
    const { out } = await runProgram(command, { columns: 60 })
    const isWord = (line: string) => !line.trim().includes(' ')
    assert.notEqual(out, '')
    for (const line of out.split('\n')) assert.ok(line.length <= 60 || isWord(line), line)
  })
}
