import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutationsOf } from './mutants/mutations.ts'
import { partsOf } from './site.ts'

test('a step in a file whose name holds spaces and colons keeps its function and its place', () => {
  assert.deepEqual(partsOf('isOld my patch 1.ts:7:16'), { fn: 'isOld', place: 'my patch 1.ts:7:16' })
  assert.deepEqual(partsOf('isOld'), { fn: 'isOld', place: '' })
  const text = 'function* f(cpu, w) { yield* cpu.store(w, 1) }'
  const names = (file: string) => mutationsOf(file, text, new Set([`f ${file}:1:22`])).map(({ code }) => code)
  assert.deepEqual(names('a: b.ts').length, names('a.ts').length)
  assert.ok(names('a.ts').length > 0)
})
