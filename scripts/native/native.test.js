import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BY_HAND } from './by-hand.js'
import { sameOperations } from './fault-figures.js'
import { sameRounds } from './notifier-figures.js'
import { compile, printed } from './programs.js'
import { runWorkers } from './workers.js'

const script = join(import.meta.dirname, '..', 'native.js')
const run = (words, environment = process.env) =>
  spawnSync(process.execPath, [script, ...words], { encoding: 'utf8', env: environment })
const hasGcc = spawnSync('gcc', ['--version']).error === undefined
const skip = hasGcc ? false : 'there is no gcc'

test('what is not known, or not there, is a sentence', () => {
  const unknown = run(['--only', 'luck'])
  assert.equal(unknown.status, 2)
  assert.equal(
    unknown.stderr,
    '--only has no luck: it is of alone, contended, words, fault, notifier, instruments, spin\n',
  )
  assert.match(run(['--rounds', '0']).stderr, /^--rounds and --ms are numbers above 0\n$/)
  const bare = run(['--only', 'spin'], { PATH: '/nowhere' })
  assert.equal(bare.status, 2)
  assert.match(bare.stderr, /^gcc is not here; on Debian: apt-get install gcc/)
})

test('the locks in C and those by hand lose no addition of two threads', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-native-'))
  try {
    const program = compile('locks.c', folder, 'locks')
    for (const lock of Object.keys(BY_HAND)) {
      assert.equal(JSON.parse(printed(program, [lock, 2, 5, 5, 5])).length, 2)
      const load = { way: 'by hand', lock, workers: 2, inside: 5, outside: 5, ms: 5 }
      assert.equal((await runWorkers(load)).length, 2)
    }
    assert.equal(sameOperations(folder), 44)
    assert.equal(sameRounds(folder, 1), 69)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('with all instruments each lock of a fault is counted, and one in 8 faults and in 16 holds is timed at the most', () => {
  const [faults, oneIn8, oneIn16] = [8 * 8192, (8 * 8192) / 8, (8 * 8192) / 16]
  const lines = printed(process.execPath, ['watched-fault.js', 'all', faults / 8, 8])
    .trim()
    .split('\n')
  const timed = JSON.parse(lines.pop())
  assert.equal(lines.length, 8)
  assert.equal(timed.acquisitions, faults)
  assert.ok(timed.timedFaults > faults / 256 / 2 && timed.timedFaults < oneIn8 * 1.1, `${timed.timedFaults}`)
  assert.ok(timed.timedHolds > faults / 256 / 2 && timed.timedHolds < oneIn16 * 1.1, `${timed.timedHolds}`)
})
