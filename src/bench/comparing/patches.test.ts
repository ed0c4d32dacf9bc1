import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from './compare.ts'
import { resultOf, runOf } from './testing.contract.ts'

const OPTIONS = { by: 'file', alpha: 0.05, force: false, metrics: [] }
const patch = { file: './my-yield.ts', hash: 'aaaa', base: 'v6.5', diff: '' }

/** A result of one run of a version of the patch, by a version of our code. */
const result = (hash: string, definition: string, ours = 'd1') =>
  resultOf(
    [
      runOf(
        { faults_per_second: [100] },
        { kind: 'modelled', variant: 'my-yield', definition, patch: { ...patch, hash } },
      ),
    ],
    {
      source: { git: null, dirty: null, definition: ours },
    },
  )

test('two versions of one patch are compared, and the output says that they differ', () => {
  const sources = [
    { name: 'old.json', result: result('aaaa', 'd1-a') },
    { name: 'new.json', result: result('bbbb', 'd1-b') },
  ]
  const { differences, skipped } = compare(sources, OPTIONS)
  assert.deepEqual(
    differences.map(({ says, isBlocking }) => ({ says, isBlocking })),
    [{ says: 'my-yield is another version of ./my-yield.ts: aaaa, bbbb', isBlocking: false }],
  )
  assert.deepEqual(skipped, [])
})

test('two versions of one patch are not compared without --force if our code differs too', () => {
  const sources = [
    { name: 'old.json', result: result('aaaa', 'd1-a') },
    { name: 'new.json', result: result('bbbb', 'd2-b', 'd2') },
  ]
  const { differences } = compare(sources, OPTIONS)
  assert.ok(differences.some(({ isBlocking }) => isBlocking))
})
