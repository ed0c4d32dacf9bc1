import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Group } from '../bench/plan.ts'
import { wordsOf } from './words-flag.ts'

const group = (...variants: object[]) => ({ variants }) as unknown as Pick<Group, 'variants'>
const [OURS, PATCH] = [{ name: 'precheck' }, { name: 'mine', patch: {} }]

test('words are in WebAssembly, and where a patch is compared they are not, as its lock may not be compiled', () => {
  assert.equal(wordsOf(undefined, group(OURS)), 'wasm')
  assert.equal(wordsOf(undefined, group(OURS, PATCH)), 'atomics')
})

test('words are as they are asked for', () => {
  for (const words of ['atomics', 'wasm']) assert.equal(wordsOf(words, group(OURS, PATCH)), words)
})
