import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MAIN } from './running.contract.ts'

const cwd = mkdtempSync(join(tmpdir(), 'faultline-saved-'))
const run = (...words: string[]) => spawnSync(process.execPath, [MAIN, ...words], { cwd, encoding: 'utf8' })
const PLAN = ['bench', '-s', 'precheck', '-m', 'altra-64', '--vcpus', '2', '--duration', '0.2ms', '--quiet']

test('a result that was saved under a name is compared by that name', () => {
  assert.equal(run(...PLAN, '--save', 'before').status, 0)
  assert.equal(run(...PLAN, '--save', 'after').status, 0)
  const compared = run('compare', 'before', 'after')
  assert.equal(compared.status, 0, compared.stderr)
  assert.match(compared.stdout, /equal/)
})

test('a name that is a path, or a second place, is refused', () => {
  assert.match(run(...PLAN, '--save', '../x').stderr, /--save is '\.\.\/x', which is not a name/)
  assert.match(run(...PLAN, '--save', 'x', '--out', 'y.json').stderr, /both say where the result goes/)
  const missing = run('compare', 'nosuch', 'before')
  assert.equal(missing.status, 2)
  assert.match(
    missing.stderr,
    /nosuch cannot be read: there is no such file or folder\nSaved in results\/: after, before\./,
  )
  assert.match(run('compare', 'befor', 'after').stderr, /Did you mean before, which is saved in results\/\?/)
})
