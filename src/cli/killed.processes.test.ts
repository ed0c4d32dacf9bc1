import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MAIN, resultIn } from './running.contract.ts'

/** The most that a kill may lose, as in docs/measuring.md. */
const MOST_LOST_MS = 10_000
/** Points that run ahead of their turn, and may be reported before earlier ones. */
const AHEAD = 16
/** The plans would take minutes: a process that is not killed by then has not started its plan. */
const LONGEST_MS = 120_000

/** Runs a plan in a folder of its own until `isEnough`, kills it, and returns its result file and when each line was said. */
async function killed(words: string, isEnough: (said: readonly number[], file: string) => boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-killed-'))
  const file = join(folder, 'r.json')
  const child = spawn(process.execPath, [MAIN, 'bench', ...words.split(' '), '--out', file], { cwd: folder })
  const said: number[] = []
  child.stderr.on('data', (lines: Buffer) => {
    for (const line of lines.toString().split('\n')) if (/ steps in /.test(line)) said.push(performance.now())
  })
  const end = new Promise((resolve) => child.on('close', resolve))
  const began = performance.now()
  while (!isEnough(said, file) && performance.now() < began + LONGEST_MS && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const atMs = performance.now()
  child.kill('SIGKILL')
  await end
  assert.equal(child.signalCode, 'SIGKILL', 'the plan had not come to its end')
  return { atMs, said, runs: resultIn(file).runs }
}

test('SIGKILL takes no more than the last 10 s of a long plan', async () => {
  const sweep = '-s precheck -m altra-64 --vcpus 1 --duration 1ms --draws 0 --sweep pause-us=1..3000 --verbose'
  const { atMs, said, runs } = await killed(sweep, ([first]) => {
    return first !== undefined && performance.now() > first + MOST_LOST_MS + 2000
  })
  const before = said.filter((ms) => ms < atMs - MOST_LOST_MS).length
  assert.ok(
    before > 0 && runs.length >= before - AHEAD,
    `${runs.length} runs are kept, and ${before} were told of before`,
  )
  assert.ok(runs.every(({ interrupted }) => interrupted === undefined))
})

test('if the process is killed during a measured load, the file has the trials so far, and says so', async () => {
  const plan = '-s precheck --trials 400 --duration 10ms --warmup 5ms'
  const { runs } = await killed(plan, (_, file) => existsSync(file))
  for (const { trials, interrupted } of runs) {
    assert.deepEqual(interrupted, { trials: trials.length, of: 600 })
  }
  assert.ok(runs.length > 0)
})
