import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isBuilt, stampBuild, unstampBuild } from './build-stamp.js'

/** A project with a source and an output that has been built. */
function built() {
  const root = mkdtempSync(join(tmpdir(), 'faultline-built-'))
  for (const [folder, file] of [
    ['src/cli', 'main.ts'],
    ['dist/cli', 'main.js'],
  ]) {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, file), 'let a = 1\n')
  }
  stampBuild(root)
  assert.ok(isBuilt(root))
  return root
}

for (const [what, change] of [
  ['a source has other text of the same length', (root) => writeFileSync(join(root, 'src/cli/main.ts'), 'let a = 2\n')],
  ['a source was added', (root) => writeFileSync(join(root, 'src/cli/more.ts'), '')],
  ['a source is gone', (root) => rmSync(join(root, 'src/cli/main.ts'))],
  [
    'other packages are installed',
    (root) => {
      mkdirSync(join(root, 'node_modules'))
      writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
    },
  ],
  ['an output was changed', (root) => writeFileSync(join(root, 'dist/cli/main.js'), 'let a = 10\n')],
  ['an output is gone', (root) => rmSync(join(root, 'dist/cli/main.js'))],
  ['the last build was cut short', (root) => unstampBuild(root)],
  ['nothing was ever built', (root) => rmSync(join(root, 'dist'), { recursive: true })],
]) {
  test(`it is built again if ${what}`, () => {
    const root = built()
    change(root)
    assert.ok(!isBuilt(root))
    rmSync(root, { recursive: true })
  })
}
