import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const BATCH = fileURLToPath(new URL('./sweep.sbatch', import.meta.url))
const PLAN = '-s precheck -m altra-64 --duration 0.1ms --sweep vcpus=1,2'.split(' ')

const folder = mkdtempSync(join(tmpdir(), 'faultline-batch-'))
const read = (name) => readFileSync(join(folder, name))

/** Runs a program; the code 4 says that its figures answer no question. */
function run(program, words, environment = {}) {
  try {
    execFileSync(program, words, { cwd: folder, stdio: 'pipe', env: { ...process.env, ...environment } })
  } catch (cause) {
    assert.equal(cause.status, 4, String(cause.stderr))
  }
}

test('tasks of an array job, one of them submitted again alone, are parts of one plan', () => {
  const task = (id, more) => ({ PROGRAM: `${process.execPath} ${MAIN}`, SLURM_ARRAY_TASK_ID: id, ...more })
  run('bash', [BATCH, folder, ...PLAN], task('1', { SLURM_ARRAY_TASK_COUNT: '2' }))
  run('bash', [BATCH, folder, ...PLAN], task('2', { SLURM_ARRAY_TASK_COUNT: '1', PARTS: '2' }))
  const before = read('part-2.json')
  run('bash', [BATCH, folder, ...PLAN], task('2', { SLURM_ARRAY_TASK_COUNT: '2' }))
  assert.deepEqual(read('part-2.json'), before)
  run(process.execPath, [MAIN, 'merge', 'part-1.json', 'part-2.json', '-o', 'merged.json'])
  run(process.execPath, [MAIN, 'bench', ...PLAN, '--quiet', '--no-progress', '--out', 'whole.json'])
  assert.deepEqual(read('merged.json'), read('whole.json'))
})
