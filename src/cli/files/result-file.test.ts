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
  assert.deepEqual(file.finish(resultWithRuns(2)), { path: at('new.json'), says: undefined })
  assert.equal(runsIn('new.json'), 2)
})

test('a plan that would hold less than the existing file is refused before it runs, unless --force is given', () => {
  new ResultFile(place('more.json'), { runs: 3, trials: 6 }).finish(resultWithRuns(3))
  const less = { runs: 2, trials: 4 }
  assert.throws(() => new ResultFile(place('more.json'), less), {
    message: /more.json holds 3 runs of 6 trials, more than the 2 runs of 4 trials of this plan/,
  })
})

test('with --force a fuller file is replaced by the first finished run, also if the plan is interrupted then', () => {
  new ResultFile(place('forced.json'), { runs: 3, trials: 6 }).finish(resultWithRuns(3))
  const planned = { runs: 2, trials: 4 }
  const empty = new ResultFile(place('forced.json', true), planned)
  assert.deepEqual(empty.finish(resultWithRuns(0)), { path: undefined, says: undefined })
  assert.equal(runsIn('forced.json'), 3, 'a plan that measured nothing replaces nothing')
  const forced = new ResultFile(place('forced.json', true), planned)
  forced.keep(resultWithRuns(1))
  assert.equal(runsIn('forced.json'), 1)
  assert.deepEqual(forced.finish(resultWithRuns(1)), { path: at('forced.json'), says: undefined })
  assert.equal(existsSync(at('forced-2.json')), false, 'no second file is left')
})

test('a plan that is interrupted early leaves the earlier result, and says where its own is', () => {
  new ResultFile(place('old.json'), { runs: 2, trials: 4 }).finish(resultWithRuns(2))
  const file = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  file.keep(resultWithRuns(1))
  assert.equal(runsIn('old.json'), 2)
  const { path, says } = file.finish(resultWithRuns(1))
  assert.equal(path, at('old-2.json'))
  assert.match(says!, /old.json holds 2 runs of 4 trials, and was left as it is; the result of this plan is in .*old-2/)
  const empty = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  assert.deepEqual(empty.finish(resultWithRuns(0)), { path: undefined, says: undefined })
  assert.equal(runsIn('old.json'), 2)
})

test('two plans with one file name each keep their result', () => {
  const [one, other] = [1, 2].map(() => new ResultFile(place('both.json'), { runs: 2, trials: 4 }))
  one!.keep(resultWithRuns(1))
  other!.keep(resultWithRuns(1))
  const paths = [one!.finish(resultWithRuns(2)), other!.finish(resultWithRuns(2))].map(({ path }) => path)
  assert.deepEqual(paths, [at('both.json'), at('both-2.json')])
})

test('a result written in parts is the same file as one written at once, also if the file was deleted in between', () => {
  const whole = resultWithRuns(4)
  const part = (runs: number) => ({ ...whole, runs: whole.runs.slice(0, runs) })
  new ResultFile(place('at-once.json'), undefined).finish(whole)
  const grown = new ResultFile(place('grown.json'), undefined, hours())
  for (const runs of [1, 2, 3]) grown.keep(part(runs))
  grown.finish(whole)
  assert.equal(readFileSync(at('grown.json'), 'utf8'), readFileSync(at('at-once.json'), 'utf8'))
  const lost = new ResultFile(place('lost.json'), undefined, hours())
  lost.keep(part(2))
  rmSync(at('lost.json'))
  const { path } = lost.finish(whole)
  assert.equal(readFileSync(path!, 'utf8'), readFileSync(at('at-once.json'), 'utf8'))
})

test('less is kept in memory of finished runs than is written, also if the file was deleted in between', () => {
  const whole = resultOf(
    [1, 2, 3].map((ns) =>
      runOf({ elapsed_ns: [ns], faults_per_second: [ns] }, { kind: 'modelled', machine: 'altra-64' }),
    ),
  )
  new ResultFile(place('of-whole.json'), undefined).finish(whole)
  const file = new ResultFile(place('of-held.json'), undefined, hours())
  let sofar: Result = { ...whole, runs: [] }
  for (const run of whole.runs) {
    sofar = { ...sofar, runs: [...sofar.runs, ...file.held([run], sofar)] }
    assert.equal(sofar.runs.at(-1)!.metrics.elapsed_ns, undefined)
    file.keep(sofar)
    if (sofar.runs.length === 2) rmSync(at('of-held.json'))
  }
  const { path } = file.finish(sofar)
  assert.equal(readFileSync(path!, 'utf8'), readFileSync(at('of-whole.json'), 'utf8'))
  assert.deepEqual(file.whole(sofar), whole)
})

/** A clock that always allows a write. */
function hours() {
  let ms = 0
  return () => {
    ms += 3.6e6
    return ms
  }
}

/** A file whose writes take this long, with a clock that the test advances. */
function written(name: string, ms: number) {
  const clock = { ms: 0 }
  let isEnd = false
  // The clock is read before and after a write.
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

test('writing takes at most a twentieth of the time, and a postponed result is written before the next trial', () => {
  const { keepAt, keepLeftAt } = written('often.json', 100)
  assert.equal(keepAt(1000, 2), 1)
  assert.equal(keepLeftAt(2099), 1)
  assert.equal(keepLeftAt(2100), 2)
  assert.equal(keepLeftAt(9000), 2)
})

test('no more than 10 s of finished points can be lost, however long a write takes', () => {
  const { keepAt } = written('slow.json', 4000)
  assert.equal(keepAt(13_999, 2), 1)
  assert.equal(keepAt(14_000, 3), 3)
})

test('a file that another process wrote under the same name is not replaced', () => {
  const file = new ResultFile(place('taken.json'), { runs: 2, trials: 4 })
  file.keep(resultWithRuns(1))
  rmSync(at('taken.json'))
  writeFileSync(at('taken.json'), 'mine')
  const { says } = file.finish(resultWithRuns(2))
  assert.match(says!, /another process wrote .*taken.json meanwhile; .* in .*taken-2.json/)
  assert.equal(readFileSync(at('taken.json'), 'utf8'), 'mine')
})

test('no temporary file is left', () => {
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => name.endsWith('.tmp')),
    [],
  )
})
