import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ComparisonTime } from './ab-time.ts'
import { benchFlags } from './bench-flags.ts'
import type { Io } from './io.ts'
import { newParser } from './parsing.ts'
import { MAIN } from './running.contract.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SKIP = existsSync(join(ROOT, '.git')) ? {} : { skip: 'revisions are compared in a git tree only' }

const ioWith = (signal = new AbortController().signal) => ({ signal, uptimeMs: () => 0, node: 'node' }) as Io
const timeOf = (timeBudget: string | undefined, io = ioWith()) => new ComparisonTime({ quick: false, timeBudget }, io)

test('without a limit there is always room, and the base runs against itself as many times as configured', () => {
  const time = timeOf(undefined)
  time.begin()
  time.pairEnded()
  assert.deepEqual([time.isLimited, time.hasRoom(), time.hasRunAgainstItself(), time.part()], [false, true, false, 0])
})

test('once the limit has passed nothing has room, and the end is reported as the limit, not as an interruption', async () => {
  const time = timeOf('1ms')
  time.begin()
  time.pairEnded()
  assert.equal(time.hasRoom(), false)
  assert.equal(time.hasRunAgainstItself(), true)
  await new Promise((resolve) => time.signal.addEventListener('abort', resolve, { once: true }))
  assert.equal(time.isUp, true)
  const interrupt = new AbortController()
  const ended = timeOf('1ms', ioWith(interrupt.signal))
  interrupt.abort('SIGINT')
  assert.deepEqual([ended.signal.aborted, ended.isUp], [true, false])
})

test('rounds are shortened until six of them fit, unless the user gives their duration', async () => {
  const parse = (...words: string[]) => benchFlags(newParser(['-s', 'precheck', ...words]).help(false)).parseAsync()
  const lengths = async (budget: string, ...words: string[]) => {
    const flags = await timeOf(budget).loadFlags(await parse(...words), 6)
    return Object.fromEntries(
      flags.flatMap((flag, at) => (at % 2 === 0 ? [[flag, Number.parseInt(flags[at + 1]!, 10)]] : [])),
    )
  }
  const [short, long] = [await lengths('20s'), await lengths('10m')]
  assert.ok(short['--duration']! < long['--duration']! && short['--warmup']! <= long['--warmup']!)
  assert.deepEqual(await lengths('20s', '--duration', '1s', '--warmup', '1s'), {})
  assert.deepEqual(await timeOf(undefined).loadFlags(await parse(), 6), [])
})

test('a comparison whose time is up before it could measure says so, exits with 4 and leaves nothing', SKIP, () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-time-'))
  const file = join(folder, 'out.json')
  const words = ['bench', '--ab', 'HEAD', '-s', 'precheck', '--time-budget', '1s', '--out', file]
  const env = { ...process.env, TMPDIR: folder }
  const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, ...words], { cwd: ROOT, encoding: 'utf8', env })
  assert.equal(status, 4, stderr)
  assert.match(
    stderr,
    /^faultline: the time was up while HEAD was built, so nothing was measured\. Allow more with --time-budget\.$/m,
  )
  assert.equal(stdout, '')
  assert.deepEqual(readdirSync(folder), [])
  const trees = execFileSync('git', ['worktree', 'list'], { cwd: ROOT, encoding: 'utf8' })
  assert.ok(!trees.includes(folder), trees)
})
