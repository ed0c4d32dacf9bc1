import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { validate } from '../bench/schema.ts'
import { benchReport } from './bench-report.ts'

const OPTIONS = { quiet: false, locks: false, all: false }
const sweep = validate(
  JSON.parse(readFileSync(new URL('../../docs/pictures/precheck-sweep.json', import.meta.url), 'utf8')),
)

test('a table of primitives has all of its rows, with the longest wait, without --all', () => {
  const [run] = sweep.runs
  const names = ['operations_per_second', 'ns_per_operation', 'operation_max_ns', 'jain_fairness']
  const figure = { ...run!.metrics.faults_per_second!, unit: 'ns' }
  const metrics = Object.fromEntries(names.map((name) => [name, figure]))
  const text = benchReport({ ...sweep, runs: [{ ...run!, scenario: 'primitives', metrics }] }, OPTIONS)
  for (const label of ['operations/s', 'time per operation', 'longest wait', 'fairness (Jain)']) {
    assert.ok(
      text.split('\n').some((line) => line.startsWith(label)),
      label,
    )
  }
})
