import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { ModelPool } from './pool.ts'

test('a pool that has ended no longer listens for an interruption', async () => {
  const { signal } = new AbortController()
  for (let pools = 0; pools < 12; pools += 1) await new ModelPool(signal).end()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})
