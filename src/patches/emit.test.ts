import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withLoopGuards } from './loop-guards.ts'
import { atThrown, placeInStack, whereThrown } from './place-in.ts'

/** Runs the body of a function that has been guarded. */
const run = (body: string) =>
  new Function(`return (${withLoopGuards(`(function f() {${body}})`, 'my.ts')})()`) as () => unknown

test('a loop without a step ends at last, with its place', () => {
  assert.throws(run('let x = 0\n  while (x >= 0) x = 0'), {
    message: 'a loop without a step does not end at my.ts:2:3',
  })
  assert.throws(run('for (;;) { for (;;) { if (false) break } }'), /my\.ts:1:27$/)
})

test('a loop that ends does what it did', () => {
  assert.equal(run('let x = 0; for (let i = 0; i < 9; i += 1) x += i; return x')(), 36)
  assert.equal(run('let x = 0; outer: for (;;) { do { x += 1; if (x > 4) break outer } while (true) } return x')(), 5)
})

test('a loop that takes steps is left alone', () => {
  const text = 'function* f(cpu) { for (;;) { yield* cpu.pause() } }'
  assert.equal(withLoopGuards(text, 'my.ts'), text)
})

test('lines stay where they are', () => {
  const text = 'function f() {\n  while (a)\n    b()\n  return 1\n}'
  assert.equal(withLoopGuards(text, 'my.ts').split('\n').length, text.split('\n').length)
})

test('a loop outside of functions ends at last, too', () => {
  const module = withLoopGuards('let x = 0\nfor (;;) x += 1', 'my.ts')
  assert.throws(() => new Function(module)(), { message: 'a loop without a step does not end at my.ts:2:1' })
})

test('what was thrown is told by the innermost call in code of the user, under the name of its file', () => {
  const ours = new URL('../protocols/zap.js', import.meta.url).href
  const stack = (url: string) =>
    `Error: x\n    at zap (${ours}:1:2)\n    at helper (${url}:7:16)\n    at Object.g (${url}:9:1)\n    at g.next (<anonymous>)`
  const thrown = (url: string) => whereThrown(Object.assign(new Error('x'), { stack: stack(url) }))
  assert.equal(thrown('file:///home/me/.cache/faultline/patches/1/direct/my.ts.mjs'), 'my.ts:7:16, in helper()')
  assert.equal(thrown('file:///home/me/my%20lock.mjs?faultline-traced=2'), 'my lock.mjs:7:16, in helper()')
  assert.equal(whereThrown(Object.assign(new Error('x'), { stack: `Error: x\n    at zap (${ours}:1:2)` })), undefined)
  assert.equal(whereThrown('text'), undefined)
})

test('a stack is told by the innermost call in the file', () => {
  const stack = 'Error: x\n    at load (file:///a.js:1:2)\n    at f (file:///p.mjs:7:16)\n    at g (file:///p.mjs:9:1)'
  assert.equal(placeInStack(stack, 'file:///p.mjs'), '7:16')
  assert.equal(placeInStack(stack, 'file:///q.mjs'), undefined)
})

test('a place is said once: that of a loop is in its message', () => {
  const thrown = (message: string) =>
    atThrown(Object.assign(new Error(message), { stack: 'Error\n    at f (file:///home/me/my.ts.mjs:7:16)' }))
  assert.equal(thrown('x is undefined'), 'at my.ts:7:16, in f()')
  assert.equal(thrown('a loop without a step does not end at my.ts:7:3'), 'in f()')
})
