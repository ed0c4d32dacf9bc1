import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetOf } from '../compile-for.ts'
import { allocate } from '../memory.ts'
import { Compiler } from './compile.ts'
import { subjectOf } from './semantics.contract.ts'

/** How many bytes it takes to call a function so often, whose text has so many characters. */
function bytesOf(calls: number, characters: number): number {
  const memory = allocate({ words: 64 }, 'wasm', 1) as Parameters<typeof targetOf>[1]
  const sum = 'n = (n ^ (a & 255)) + 1; '
  const fairlySmall = `mixed(cpu, a) { let n = 0; ${sum.repeat(characters / sum.length)} return n & 255 }`
  const subject = subjectOf(`let n = 0; ${'n ^= this.mixed(cpu, a); '.repeat(calls)} return n`, fairlySmall)
  const compiler = new Compiler(targetOf(0, memory, false))
  compiler.methodsOf([subject])
  assert.deepEqual(compiler.left, [])
  return compiler.bytes.length
}

const ofTenMore = (calls: number, characters: number) => bytesOf(calls + 10, characters) - bytesOf(calls, characters)

test('of functions that are not quite small, some are compiled into their caller, and all others are called', () => {
  assert.ok(ofTenMore(0, 600) > 10 * 100)
  assert.ok(ofTenMore(30, 600) < 10 * 20)
})

test('small functions are always compiled into their callers', () => {
  assert.ok(ofTenMore(30, 200) > 10 * 50)
})
