import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from '../bench/result.ts'
import { scalabilityLines } from './model-text.ts'

/** Runs whose rate follows the universal scalability law exactly. */
const sweep = (sizes: readonly number[], contention: number, coherency: number): Run[] =>
  sizes.map((vcpus) => {
    const median = (1e5 * vcpus) / (1 + contention * (vcpus - 1) + coherency * vcpus * (vcpus - 1))
    const metrics = { faults_per_second: { median } }
    return { scenario: 'precheck', variant: 'a', machine: 'altra-64', params: { vcpus }, metrics } as unknown as Run
  })

test('a peak within the sizes tried is a finding, and one beyond them is said to be extrapolated', () => {
  const [within] = scalabilityLines(sweep([1, 2, 4, 8, 16, 32], 0.02, 0.01))
  assert.match(within!, /^precheck a on altra-64, 1 to 32 vCPUs: .* peak at 9\.\d+ vCPUs \(.* through faults\/s/)
  const [beyond] = scalabilityLines(sweep([2, 3, 4, 6], 0.02, 0.01))
  assert.match(beyond!, /, 2 to 6 vCPUs: .* peak at 9\.\d+ vCPUs, extrapolated beyond the sizes tried/)
})

test('a sweep over a second parameter says of each law which of its values it is for', () => {
  const at = (range: number) =>
    sweep([1, 2, 4, 8], 0.02, 0.01).map((run) => ({ ...run, params: { ...run.params, range } }))
  const lines = scalabilityLines([...at(8), ...at(64)])
  assert.deepEqual(
    lines.map((line) => line.split(':')[0]),
    ['precheck a on altra-64, range 8, 1 to 8 vCPUs', 'precheck a on altra-64, range 64, 1 to 8 vCPUs'],
  )
})
