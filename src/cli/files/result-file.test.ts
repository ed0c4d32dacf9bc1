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

const holding = (runs: number, trials = 2): Result =>
  resultOf(Array.from({ length: runs }, () => runOf({ elapsed_ns: new Array(trials).fill(1) })))
const runsIn = (name: string) => JSON.parse(readFileSync(at(name), 'utf8')).runs.length
const place = (name: string, force = false) => ({
  ...{ out: at(name), plan: 'test', force, inputs: [], note: () => {} },
})

test('a result grows under its name while a plan runs', () => {
  const file = new ResultFile(place('new.json'), { runs: 2, trials: 4 })
  assert.equal(existsSync(at('new.json')), false)
  file.keep(holding(1))
  assert.equal(runsIn('new.json'), 1)
  assert.deepEqual(file.finish(holding(2), true), { path: at('new.json'), says: undefined })
  assert.equal(runsIn('new.json'), 2)
})

test('a plan that would hold less than what is there is refused before it runs, unless that is meant', () => {
  new ResultFile(place('more.json'), { runs: 3, trials: 6 }).finish(holding(3), true)
  const less = { runs: 2, trials: 4 }
  assert.throws(() => new ResultFile(place('more.json'), less), {
    message: /more.json holds 3 runs of 6 trials, more than the 2 runs of 4 trials of this plan/,
  })
  const forced = new ResultFile(place('more.json', true), less)
  forced.keep(holding(1))
  assert.equal(runsIn('more.json'), 3, 'not by what is not finished')
  forced.finish(holding(2), true)
  assert.equal(runsIn('more.json'), 2)
  assert.equal(existsSync(at('more-2.json')), false, 'what was kept on the way is gone')
})

test('a plan that is interrupted early leaves the earlier result, and says where its own is', () => {
  new ResultFile(place('old.json'), { runs: 2, trials: 4 }).finish(holding(2), true)
  const file = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  file.keep(holding(1))
  assert.equal(runsIn('old.json'), 2)
  const { path, says } = file.finish(holding(1), false)
  assert.equal(path, at('old-2.json'))
  assert.match(says!, /old.json holds 2 runs of 4 trials, and was left as it is; the result of this plan is in .*old-2/)
  const empty = new ResultFile(place('old.json'), { runs: 2, trials: 4 })
  assert.deepEqual(empty.finish(holding(0), false), { path: undefined, says: undefined })
  assert.equal(runsIn('old.json'), 2)
})

test('of two plans with one name each keeps its result', () => {
  const [one, other] = [1, 2].map(() => new ResultFile(place('both.json'), { runs: 2, trials: 4 }))
  one!.keep(holding(1))
  other!.keep(holding(1))
  const paths = [one!.finish(holding(2), true), other!.finish(holding(2), true)].map(({ path }) => path)
  assert.deepEqual(paths, [at('both.json'), at('both-2.json')])
})

test('what another process wrote under the name meanwhile is not replaced', () => {
  const file = new ResultFile(place('taken.json'), { runs: 2, trials: 4 })
  file.keep(holding(1))
  rmSync(at('taken.json'))
  writeFileSync(at('taken.json'), 'mine')
  const { says } = file.finish(holding(2), true)
  assert.match(says!, /another process wrote .*taken.json meanwhile; .* in .*taken-2.json/)
  assert.equal(readFileSync(at('taken.json'), 'utf8'), 'mine')
})

test('no temporary file is left', () => {
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => name.endsWith('.tmp')),
    [],
  )
})
