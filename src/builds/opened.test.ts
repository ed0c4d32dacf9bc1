import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toOpened, toOpenedBundle } from './opened.ts'

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
      ' f.$scope = $scope; C.$scope = $scope; g.$scope = $scope; C.$assigns = [];',
  )
})

const changesOf = (text: string): string[] => JSON.parse(/\$scope\.changes = (\[.*?\]);/.exec(toOpened(text))![1]!)

for (const [what, code, changes] of [
  ['a field', 'a.x = 1; a.y += 1; a.#z++', ['$z', 'x', 'y']],
  ['a field, by a name in quotes', 'a["x"] = 1', ['x']],
  ['a field that is deleted', 'delete a.x', ['x']],
  ['fields, by a pattern', '[a.p, { q: a.q }] = b', ['p', 'q']],
  ['a field, by the head of a loop', 'for (a.x of b); for (a.y in b);', ['x', 'y']],
  ['fields, by functions of Object', 'Object.assign(a, { x: 1 }); Object.defineProperty(a, "y", {})', ['x', 'y']],
  ['any field', 'Object.assign(a, b)', ['*']],
  ['an element', 'a.rows[0] = 1; a.b[i][j]++', ['b[].*', 'b[][]', 'rows.*', 'rows[]']],
  ['elements, by a method of an array', 'list.push(1); a.rows[0].pop(); list.fill(0)', ['list[]', 'rows[][]']],
  ['nothing of `this` in a class, which says it', 'this.t = 1; [this.s] = b', []],
] as const) {
  test(`a module says what it changes: ${what}`, () => {
    assert.deepEqual(changesOf(`class C { #z; f(a, b, i, j) { ${code} } }`), changes)
  })
}

test('a module says what functions outside of a class change of `this`', () => {
  assert.deepEqual(changesOf('export function f() { this.x = 1; } export const T = { g() { this.y = 1; } };'), [
    'x',
    'y',
  ])
})

test('what a module writes as a literal stays as it is', async () => {
  const text = 'export const BOX = { n: 0, list: [1] }; export class C { change() { BOX.list[0] = 2; } }'
  const { BOX, C } = await import(`data:text/javascript,${encodeURIComponent(toOpened(text))}`)
  assert.throws(() => new C().change(), TypeError)
  assert.deepEqual(BOX, { n: 0, list: [1] })
})

test('a function that is made elsewhere does not get the names of the module whose table holds it', async () => {
  const text = 'const n = 1; const made = (n) => () => n; export const T = { h: made(2), m() {} };'
  const { T } = await import(`data:text/javascript,${encodeURIComponent(toOpened(text))}`)
  assert.equal(T.h.$scope, undefined)
  assert.equal(T.m.$scope().n, 1)
})

test('a class says what its methods change, but not what its constructor does', () => {
  const text =
    'export class C { #z; constructor() { this.c = 1; this.d = () => this.e++; } f() { this.x = 1; this.#z++; } }'
  assert.match(toOpened(text), /C\.\$assigns = \["e","x","\$z"\];/)
})

test('in one file of many modules each scope has the names of its own module, and lines keep their numbers', () => {
  const text = [
    '// a.js',
    'var N = 1;',
    'function f(x) { x.p = 1; }',
    '// b.js',
    'var C = class _C { g(f2) { return f(f2.N); } };',
    'export { C, f };',
  ]
  const opened = toOpenedBundle(text.join('\n')).split('\n')
  assert.equal(opened.length, text.length)
  assert.match(opened[2]!, /const \$scope0 = \(\) => \(\{ N, f \}\); \$scope0\.changes = \["p"\];/)
  assert.match(opened[4]!, /const \$scope1 = \(\) => \(\{ C, f, _C: C \}\); \$scope1\.changes = \[\];/)
  assert.match(opened[4]!, /C\.\$scope = \$scope1;/)
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
