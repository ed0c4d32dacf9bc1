import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOf } from '../bench/comparing/testing.contract.ts'
import { benchTable } from './bench-table.ts'
import { marked, PLAIN, widthOf } from './tones.ts'

const trials = (centre: number) => [0, 1, 2, 3, 4, 5].map((step) => centre * (1 + step / 100))
const runs = ['no-precheck', 'precheck', 'precheck-and-more'].map((variant, at) => ({
  ...runOf({ faults_per_second: trials(100 + at * 50), retries_per_fault: trials(1) }),
  variant,
}))

test('a table becomes narrower with the terminal, and keeps every figure', () => {
  for (const width of [120, 80, 60, 40]) {
    for (const some of [runs, runs.slice(0, 2)]) {
      const text = benchTable(some, undefined, { ...PLAIN, width })
      for (const line of text.split('\n')) assert.ok(widthOf(line) <= width, `${width}: ${line}`)
      for (const { variant } of some) assert.ok(text.includes(variant))
      assert.match(text, /retries per fault/)
    }
  }
})

test('intervals go first, then the interval of the ratio', () => {
  const pair = runs.slice(0, 2)
  assert.match(benchTable(pair), /95 %.*ratio\n.*\[.*\[/)
  assert.doesNotMatch(benchTable(pair, undefined, { ...PLAIN, width: 60 }), /95 %/)
})

test('a ratio has the tone of its direction, and what is not resolved that of doubt', () => {
  const text = benchTable(runs.slice(0, 2), undefined, { paint: (cell, tone) => `<${tone} ${cell}>` })
  assert.match(text, /faults\/s.*<better 1\.5/)
  assert.match(text, /retries per fault.*<doubtful ~>/)
  assert.equal(widthOf(marked('~', 'doubtful')), 1)
})
