import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uncaught } from './running.contract.ts'

test('a log whose bits are cleared too late is caught on threads', async () => {
  assert.deepEqual(await uncaught('dirty-log', { 'B-CLEARLATE': /dirty_lost/ }), [])
})
