import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../../bench/comparing/testing.contract.ts'
import type { Result } from '../../bench/result.ts'
import { ResultFile } from './result-file.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-result-'))
test.after(() => rmSync(FOLDER, { recursive: true }))
const at = (name: string) => join(FOLDER, name)

const resultWithRuns = (runs: number, trials = 2): Result =>
  resultOf(Array.from({ length: runs }, () => runOf({ elapsed_ns: new Array(trials).fill(1) })))
const runsIn = (name: string) => JSON.parse(readFileSync(at(name), 'utf8')).runs.length
const place = (name: string, force = false) => ({
  ...{ out: at(name), plan: 'test', force, inputs: [], note: () => {} },
})

test('a result grows under its name while a plan runs', () => {
  const file = new ResultFile(place('new.json'), { runs: 2, trials: 4 })
  assert.equal(existsSync(at('new.json')), false)
  file.keep(resultWithRuns(1))
  assert.equal(runsIn('new.json'), 1)
  assert.deepEqual(file.finish(resultWithRuns(2), true), { path: at('new.json'), says: undefined })
  assert.equal(runsIn('new.json'), 2)
})

test('a plan that would hold less than what is there is refused before it runs, unless that is meant', () => {
  new ResultFile(place('more.json'), { runs: 3, trials: 6 }).finish(resultWithRuns(3), true)
  const less = { runs: 2, trials: 4 }
  assert.throws(() => new ResultFile(place('more.json'), less), {
    message: /more.json holds 3 runs of 6 trials, more than the 2 runs of 4 trials of this plan/,
  })
  const forced = new ResultFile(place('more.json', true), less)
  forced.keep(resultWithRuns(1))
  assert.equal(runsIn('more.json'), 3, 'not by what is not finished')
  forced.finish(resultWithRuns(2), true)
  assert.equal(runsIn('more.json'), 2)
  assert.equal(existsSync(at('more-2.json')), false, 'what was kept on the way is gone')
})

test('a plan that is interrupted early leaves the earlier result, and says where its own is', () => {
  new ResultFile(place('old.json'), { runs: 2, trials: 4 }).finish(resultWithRuns(2), true)
  const file = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  file.keep(resultWithRuns(1))
  assert.equal(runsIn('old.json'), 2)
  const { path, says } = file.finish(resultWithRuns(1), false)
  assert.equal(path, at('old-2.json'))
  assert.match(says!, /old.json holds 2 runs of 4 trials, and was left as it is; the result of this plan is in .*old-2/)
  const empty = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  assert.deepEqual(empty.finish(resultWithRuns(0), false), { path: undefined, says: undefined })
  assert.equal(runsIn('old.json'), 2)
})

test('of two plans with one name each keeps its result', () => {
  const [one, other] = [1, 2].map(() => new ResultFile(place('both.json'), { runs: 2, trials: 4 }))
  one!.keep(resultWithRuns(1))
  other!.keep(resultWithRuns(1))
  const paths = [one!.finish(resultWithRuns(2), true), other!.finish(resultWithRuns(2), true)].map(({ path }) => path)
  assert.deepEqual(paths, [at('both.json'), at('both-2.json')])
})

test('a result that grows is the same file as one that is written at once, also where its file was taken away meanwhile', () => {
  const whole = resultWithRuns(4)
  const part = (runs: number) => ({ ...whole, runs: whole.runs.slice(0, runs) })
  new ResultFile(place('at-once.json'), undefined).finish(whole, true)
  const grown = new ResultFile(place('grown.json'), undefined, hours())
  for (const runs of [1, 2, 3]) grown.keep(part(runs))
  grown.finish(whole, true)
  assert.equal(readFileSync(at('grown.json'), 'utf8'), readFileSync(at('at-once.json'), 'utf8'))
  const lost = new ResultFile(place('lost.json'), undefined, hours())
  lost.keep(part(2))
  rmSync(at('lost.json'))
  const { path } = lost.finish(whole, true)
  assert.equal(readFileSync(path!, 'utf8'), readFileSync(at('at-once.json'), 'utf8'))
})

test('what is held of finished runs is less than what is written of them, also where the file was taken away meanwhile', () => {
  const whole = resultOf(
    [1, 2, 3].map((ns) =>
      runOf({ elapsed_ns: [ns], faults_per_second: [ns] }, { kind: 'modelled', machine: 'altra-64' }),
    ),
  )
  new ResultFile(place('of-whole.json'), undefined).finish(whole, true)
  const file = new ResultFile(place('of-held.json'), undefined, hours())
  let sofar: Result = { ...whole, runs: [] }
  for (const run of whole.runs) {
    sofar = { ...sofar, runs: [...sofar.runs, ...file.held([run], sofar)] }
    assert.equal(sofar.runs.at(-1)!.metrics.elapsed_ns, undefined)
    file.keep(sofar)
    if (sofar.runs.length === 2) rmSync(at('of-held.json'))
  }
  const { path } = file.finish(sofar, true)
  assert.equal(readFileSync(path!, 'utf8'), readFileSync(at('of-whole.json'), 'utf8'))
  assert.deepEqual(file.whole(sofar), whole)
})

/** A clock by which there is always time to write. */
function hours() {
  let ms = 0
  return () => {
    ms += 3.6e6
    return ms
  }
}

/** A file that takes so long to be written, and the hand of its clock. */
function written(name: string, ms: number) {
  const clock = { ms: 0 }
  let isEnd = false
  // The clock is read before a writing and after it.
  const now = () => {
    if (isEnd) clock.ms += ms
    isEnd = !isEnd
    return clock.ms
  }
  const file = new ResultFile(place(name), { runs: 9, trials: 18 }, now)
  file.keep(resultWithRuns(1))
  return {
    keepAt: (at: number, runs: number) => {
      clock.ms = at
      isEnd = false
      file.keep(resultWithRuns(runs))
      return runsIn(name)
    },
    keepLeftAt: (at: number) => {
      clock.ms = at
      isEnd = false
      file.keepLeft()
      return runsIn(name)
    },
  }
}

test('a writing costs a twentieth of the time, and what it left is kept before the next trial, not after the next group', () => {
  const { keepAt, keepLeftAt } = written('often.json', 100)
  assert.equal(keepAt(1000, 2), 1)
  assert.equal(keepLeftAt(2099), 1)
  assert.equal(keepLeftAt(2100), 2)
  assert.equal(keepLeftAt(9000), 2)
})

test('no more than 10 s of finished points are lost, however long a writing takes', () => {
  const { keepAt } = written('slow.json', 4000)
  assert.equal(keepAt(13_999, 2), 1)
  assert.equal(keepAt(14_000, 3), 3)
})

test('what another process wrote under the name meanwhile is not replaced', () => {
  const file = new ResultFile(place('taken.json'), { runs: 2, trials: 4 })
  file.keep(resultWithRuns(1))
  rmSync(at('taken.json'))
  writeFileSync(at('taken.json'), 'mine')
  const { says } = file.finish(resultWithRuns(2), true)
  assert.match(says!, /another process wrote .*taken.json meanwhile; .* in .*taken-2.json/)
  assert.equal(readFileSync(at('taken.json'), 'utf8'), 'mine')
})

test('no temporary file is left', () => {
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => name.endsWith('.tmp')),
    [],
  )
})
