import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { currentPage, kernelsPage } from './kernels.js'

test('the page of the kernels says what their tables say', async () => {
  assert.equal(readFileSync('docs/kernels.md', 'utf8'), await currentPage(), 'Run npm run kernels.')
})

test('a function that has changed twice has three forms, and each change its commit', () => {
  const versions = [
    { name: 'v1', changes: [] },
    { name: 'v2', changes: [{ entry: 'zap', commit: 'abc', says: 'zaps' }] },
    { name: 'v3', changes: [] },
    { name: 'v4', changes: [{ entry: 'zap', says: 'zaps | flushes' }] },
  ]
  const types =
    '/** They call one another through `vm.kvm`. */\nexport type Kvm = {\n  /** `kvm_zap()`: zaps. */\n  readonly zap: 1'
  const page = kernelsPage(versions, types)
  assert.match(page, /\| `zap` \| `kvm_zap\(\)` \| a \| b \| {2}\| c \|/)
  assert.match(page, /\| v2 \| `zap` \| abc \| zaps \|/)
  assert.match(page, /\| v4 \| `zap` \| {2}\| zaps \\\| flushes \|/)
})
