import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toOpened } from './opened.ts'

test('private names become ordinary ones in the same place, and nothing else is changed', () => {
  const text = 'class A { #x = "#y"; f() { return this.#x; } } // #z\n//# sourceMappingURL=a.js.map\n'
  const opened = toOpened(text)
  assert.ok(opened.startsWith('class A { $x = "#y"; f() { return this.$x; } } // #z\n'))
  assert.ok(opened.endsWith('\n//# sourceMappingURL=a.js.map\n'))
})

test('classes and functions say what the names of their module stand for, and can be replaced', () => {
  const text =
    'import { a as b } from "x"; const N = 1, { M } = q; export const f = () => N; export class C {} function g() {}'
  assert.equal(
    toOpened(text).split('\n').at(-1),
    'const $scope = () => ({ b, N, M, f, C, g }); $scope.changes = []; $scope.replace = { g: ($f) => { g = $f; } };' +
      ' f.$scope = $scope; C.$scope = $scope; g.$scope = $scope;',
  )
})

test('a module says which fields it assigns to, but for those of `this`', () => {
  const text =
    'class C { #z; f(a) { a.x = 1; a.y += 1; a.#z[0]++; this.t = 1; [a.p, a.q] = [1, 2]; list.push(1); a.rows[0].pop() } }'
  assert.match(toOpened(text), /\$scope\.changes = \["\$z","list","p","q","rows","x","y"\];/)
})

test('functions of a table know the names of their module, and those that are given to what makes the table', async () => {
  const text = 'const N = 1; export const made = (k) => ({ m() { return k + N; } }); export const T = { h() {} };'
  const { made, T } = await import(`data:text/javascript,${encodeURIComponent(toOpened(text))}`)
  const table = made(2)
  assert.equal(table.m(), 3)
  const { k, N } = table.m.$scope()
  assert.deepEqual([k, N], [2, 1])
  assert.equal(T.h.$scope().made, made)
})

test('a module without classes and functions stays as it is', () => {
  assert.equal(toOpened('export const A = 1\n'), 'export const A = 1\n')
})
