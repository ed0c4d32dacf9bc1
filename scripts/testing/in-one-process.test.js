import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const TOGETHER = new URL('in-one-process.js', import.meta.url)

/** Runs the texts of test files in one process, as `npm test` does. */
function run(texts) {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-together-'))
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.mjs`)
    writeFileSync(file, `import assert from 'node:assert/strict'\nimport { after, test } from 'node:test'\n${text}`)
    return file
  })
  const entry = join(folder, 'entry.mjs')
  writeFileSync(entry, `import { inOneProcess } from '${TOGETHER}'\nawait inOneProcess(${JSON.stringify(files)})\n`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', entry], {
    encoding: 'utf8',
    env,
  })
  rmSync(folder, { recursive: true })
  return { status, stdout }
}

test('files of one process fail one by one: a test, a file that throws, and hooks after the tests of their own file', () => {
  const { status, stdout } = run([
    "let open = true\nafter(() => { open = false; console.log('closed') })\ntest('one', () => assert.ok(open))",
    "test('two', () => assert.equal(1, 2))",
    "throw new Error('not loaded')",
    "test('three', () => {})",
  ])
  assert.equal(status, 1)
  assert.match(stdout, /closed[\s\S]*✖ two/)
  assert.match(stdout, /✖ \S*1\.mjs/)
  assert.match(stdout, /✖ \S*2\.mjs/)
  assert.match(stdout, /not loaded/)
  assert.match(stdout, /✔ three/)
  assert.match(stdout, /pass 2\n[\s\S]*fail 2\n/)
})

test('files of one process that pass, pass', () => {
  assert.equal(run(["test('one', () => {})", "test('two', () => {})"]).status, 0)
})
