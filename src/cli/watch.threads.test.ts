import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultline, MAIN, SHORT } from './running.contract.ts'

const hasScript = spawnSync('script', ['--version']).status === 0

test('on a terminal --watch shows what each worker counts while it runs', {
  skip: hasScript ? false : 'no `script` is installed, which has a terminal of its own',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-watch-'))
  const plan = ['bench', '-s', 'precheck', '--variant', 'precheck', ...SHORT, '--watch', '--quiet', '--out', 'x.json']
  const command = ['stty cols 80 rows 40;', process.execPath, MAIN, ...plan].join(' ')
  const { stdout } = spawnSync('script', ['-qec', command, join(folder, 'typescript')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
  })
  const frames = stdout.split('\x1b[J')
  assert.ok(
    frames.some((frame) => /vcpu 0 +(vcpu 1 +)*notifier 0 +all +now/.test(frame)),
    stdout,
  )
  assert.ok(
    frames.some((frame) => /^guest_accesses +[1-9]/m.test(frame)),
    stdout,
  )
  const bars = frames.map((frame) => frame.split(/\r?\n/)[0]!).filter((line) => line.startsWith('['))
  assert.ok(
    bars.every(({ length }) => length < 80),
    'a line that is wrapped would not be written over',
  )
})

test('--watch without a terminal says that it has nothing to draw on, and where nothing runs on threads it is refused', async () => {
  const plan = ['bench', '-s', 'precheck', '--variant', 'precheck', '--watch', '--quiet', '--out', 'x.json']
  const { err, out } = await faultline([...plan, '--trials', '1', '--duration', '20ms', '--warmup', '10ms'])
  assert.match(err, /standard error is not a terminal/)
  assert.ok(!(out + err).includes('\x1b'))
  const modelled = await faultline([...plan, '-m', 'altra-64'])
  assert.equal(modelled.code, 2)
  assert.match(modelled.err, /--watch applies to threads, but nothing runs on threads/)
})
