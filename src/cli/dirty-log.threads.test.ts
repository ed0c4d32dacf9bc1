import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uncaught } from './running.contract.ts'

test('a log whose bits are cleared too late, and one that ends with its flush too late, are caught on threads', async () => {
  assert.deepEqual(await uncaught('dirty-log'), [])
})
