import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('the example proves Peterson, and shows what happens without its second line', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, ['examples/check-a-lock/peterson.js'], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.equal(status, 0)
  assert.match(stdout, /^Peterson: PASS, \d+ states$/m)
  assert.match(stdout, /^impolite: FAIL/m)
  assert.match(stdout, /add inside 1 -> 2/)
})
