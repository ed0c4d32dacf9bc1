import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toOpened } from './opened.ts'

test('private names become ordinary ones in the same place, and nothing else is changed', () => {
  const text = 'class A { #x = "#y"; f() { return this.#x; } } // #z\n//# sourceMappingURL=a.js.map\n'
  const opened = toOpened(text)
  assert.ok(opened.startsWith('class A { $x = "#y"; f() { return this.$x; } } // #z\n'))
  assert.ok(opened.endsWith('\n//# sourceMappingURL=a.js.map\n'))
})

test('classes and functions say what the names of their module stand for', () => {
  const text =
    'import { a as b } from "x"; const N = 1, { M } = q; export const f = () => N; export class C {} function g() {}'
  assert.equal(
    toOpened(text).split('\n').at(-1),
    'const $scope = () => ({ b, N, M, f, C, g }); f.$scope = $scope; C.$scope = $scope; g.$scope = $scope;',
  )
})

test('a module without classes and functions stays as it is', () => {
  assert.equal(toOpened('export const A = 1\n'), 'export const A = 1\n')
})
