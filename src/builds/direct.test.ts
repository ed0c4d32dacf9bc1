// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are code under test
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tokenizer } from 'acorn'
import fc from 'fast-check'
import { toDirect } from './direct.ts'
import { isForTests, STEPPED_FOLDERS } from './modules.ts'

const dist = fileURLToPath(new URL('..', import.meta.url))
const direct = (text: string) => toDirect(text, 'planted.js')

/** Tokens as `text@offset`; of a template, the pieces between its `${}`. */
function tokensOf(text: string) {
  const tokens = [...tokenizer(text, { ecmaVersion: 'latest', sourceType: 'module' })]
  return tokens.map(({ start, end }) => ({ text: text.slice(start, end), start }))
}

/** What stands in `before` and not in `after`, token by token. */
function blanked(before: string, after: string) {
  const kept = new Set(tokensOf(after).map(({ text, start }) => `${start} ${text}`))
  return tokensOf(before).filter(({ text, start }) => !kept.has(`${start} ${text}`))
}

const linesOf = (text: string) => text.split('\n').map((line) => line.length)

function assertOnlyMarksAreBlanked(before: string, after: string, file: string) {
  assert.equal(after.length, before.length, file)
  assert.deepEqual(linesOf(after), linesOf(before), file)
  const gone = blanked(before, after).map(({ text }) => text)
  assert.deepEqual(
    [...new Set(gone)].filter((text) => text !== '*' && text !== 'yield'),
    [],
    file,
  )
  assert.equal(tokensOf(after).length, tokensOf(before).length - gone.length, `${file}: nothing is inserted`)
  for (let index = 0; index < after.length; index += 1) {
    if (after[index] !== before[index]) assert.equal(after[index], ' ', `${file}: what is blanked is blank`)
  }
}

function steppedModules(folder: string) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && !isForTests(entry.name))
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
}

const modules = STEPPED_FOLDERS.flatMap((folder) => steppedModules(join(dist, folder)))

test('there is a direct build of every stepped module, and of nothing else', () => {
  assert.ok(modules.length > 20)
  const built = STEPPED_FOLDERS.flatMap((folder) => steppedModules(join(dist, 'direct', folder)))
  assert.deepEqual(built.map((file) => relative('direct', file)).sort(), [...modules].sort())
})

test('the direct build differs from what the checker explores by `*` and `yield*` only', () => {
  for (const file of modules) {
    const before = readFileSync(join(dist, file), 'utf8')
    assertOnlyMarksAreBlanked(before, readFileSync(join(dist, 'direct', file), 'utf8'), file)
  }
})

test('no mark is left over in the direct build', () => {
  for (const file of modules) {
    const texts = tokensOf(readFileSync(join(dist, 'direct', file), 'utf8')).map(({ text }) => text)
    assert.ok(!texts.includes('yield'), file)
    assert.ok(!texts.some((text, index) => text === 'function' && texts[index + 1] === '*'), file)
  }
})

test('the source maps of the direct build lead to the same sources', () => {
  for (const file of modules) {
    const map = join(dist, 'direct', `${file}.map`)
    for (const source of JSON.parse(readFileSync(map, 'utf8')).sources) {
      assert.ok(existsSync(join(dirname(map), source)), `${map} names ${source}`)
    }
  }
})

for (const [what, before, after] of [
  ['a function', 'function* f() { yield* g(); }', 'function  f() {        g(); }'],
  ['an exported function', 'export function* f() { }', 'export function  f() { }'],
  ['a function expression', 'const f = function* () { };', 'const f = function  () { };'],
  [
    'a function as the value of a property',
    'const o = { ["a" * 1]: function* () { } };',
    'const o = { ["a" * 1]: function  () { } };',
  ],
  ['a method', 'class A { *f() { } }', 'class A {  f() { } }'],
  ['a static method', 'class A { static *f() { } }', 'class A { static  f() { } }'],
  ['a private method', 'class A { *#f() { yield* this.#f(); } }', 'class A {  #f() {        this.#f(); } }'],
  ['a method of a computed name', 'class A { *[2 * 3]() { } }', 'class A {  [2 * 3]() { } }'],
  ['a method with a comment before its name', 'class A { */* a * b */f() { } }', 'class A {  /* a * b */f() { } }'],
  ['a method of an object', 'const o = { *f() { } };', 'const o = {  f() { } };'],
  [
    'a method of an object, of a computed name',
    'const o = { *["a" + 2 * 2]() { } };',
    'const o = {  ["a" + 2 * 2]() { } };',
  ],
  ['a field that is a function', 'class A { f = function* () { }; }', 'class A { f = function  () { }; }'],
  ['a default argument', 'function* f(a = 2 * 3) { }', 'function  f(a = 2 * 3) { }'],
  ['a result', 'function* f() { return yield* g(); }', 'function  f() { return        g(); }'],
  ['a result that is kept', 'function* f() { const a = yield* g(); }', 'function  f() { const a =        g(); }'],
  ['a bracket', 'function* f() { yield* (a ? g() : h()); }', 'function  f() {        (a ? g() : h()); }'],
  [
    'the body of a loop',
    'function* f() { while (a) yield* g(); h(); }',
    'function  f() { while (a)        g(); h(); }',
  ],
  [
    'the body of an if and an else',
    'function* f() { if (a) yield* g(); else yield* h(); }',
    'function  f() { if (a)        g(); else        h(); }',
  ],
  ['steps within steps', 'function* f() { yield* g(yield* h()); }', 'function  f() {        g(       h()); }'],
  [
    'a function within a function',
    'function* f() { return function* () { yield* g(); }; }',
    'function  f() { return function  () {        g(); }; }',
  ],
  ['`yield *`', 'function* f() { yield * g(); }', 'function  f() {         g(); }'],
] as const) {
  test(`${what} loses its marks and nothing else`, () => assert.equal(direct(before), after))
}

for (const [what, text] of [
  ['products', 'const a = 2 * 3 ** 4; let b = a; b *= 2; b **= 3;'],
  ['strings', 'const a = "function* f() { yield* g() }", b = \'yield* g()\';'],
  ['templates', 'const a = `function* f() { yield* ${2 * 3} }`;'],
  ['comments', '// yield* g()\n/* function* f() { yield* g() } */'],
  ['regular expressions', 'const a = /yield* g*/.test("function*");'],
  ['imports of everything', 'import * as a from "a"; export * from "b"; export * as c from "c";'],
  ['methods that are called yield', 'const o = { yield: 1 }; o.yield *= 2;'.replace('const o', 'var o')],
] as const) {
  test(`${what} are left alone`, () => assert.equal(direct(text), text))
}

test('a mark within a template is blanked where it is code', () => {
  const before = 'function* f() { return `yield* ${yield* g()} *`; }'
  assert.equal(direct(before), 'function  f() { return `yield* ${       g()} *`; }')
})

test('an emoji before a mark moves nothing', () => {
  const before = '/* 😀😀 */ const s = "😀"; function* f() { yield* g("😀"); }'
  assert.equal(direct(before), '/* 😀😀 */ const s = "😀"; function  f() {        g("😀"); }')
})

test('a step as the body of a loop stays the body of the loop', () => {
  const text = 'function* f(log) { let n = 3; while (n > 0) yield* [log.push(n--)]; return log; } return f([])'
  const run = new Function(direct(`function* outer() { ${text} }`).replace(/^function {2}outer\(\) {|}$/g, ''))
  assert.deepEqual(run(), [3, 2, 1])
})

for (const [what, text, line, column, why] of [
  ['a bare yield', 'function* f() {\n  yield g();\n}', 2, 3, 'a protocol may only `yield*`'],
  ['a yield of nothing', 'function* f() { yield; }', 1, 17, 'a protocol may only `yield*`'],
  [
    'a result broken over lines',
    'function* f() {\n  return yield*\n    g();\n}',
    2,
    10,
    'keep `yield*` and its operand on one line',
  ],
  ['steps broken over lines', 'function* f() { yield*\n g(); }', 1, 17, 'keep `yield*` and its operand on one line'],
  [
    'steps broken by a comment',
    'function* f() { yield* /*\n*/ g(); }',
    1,
    17,
    'keep `yield*` and its operand on one line',
  ],
] as const) {
  test(`${what} is refused, with the place`, () => {
    assert.throws(() => direct(text), { message: `planted.js:${line}:${column}: ${why}` })
  })
}

test('whatever steps a module takes, the direct one computes the same', () => {
  const number = fc.integer({ min: -9, max: 9 }).map((value) => `(${value})`)
  const { expression } = fc.letrec((tie) => ({
    expression: fc.oneof({ maxDepth: 4 }, number, tie('product'), tie('step'), tie('choice')),
    product: fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a} * ${b})`),
    step: tie('expression').map((a) => `(yield* step(${a}))`),
    choice: fc
      .tuple(tie('expression'), tie('step'), tie('step'))
      .map(([a, b, c]) => `(yield* (${a} > 0 ? step(${b}) : step(${c})))`),
  }))
  const head = 'function* step(a) { log.push(a); return a + 1; }'
  const evaluate = (code: string) => new Function('log', code)
  fc.assert(
    fc.property(fc.array(expression, { minLength: 1, maxLength: 4 }), (expressions) => {
      const body = expressions.map((text, index) => `const r${index} = ${text};`).join(' ')
      const before = `${head} function* f() { ${body} return [${expressions.map((_, index) => `r${index}`)}]; }`
      const after = direct(before)
      assertOnlyMarksAreBlanked(before, after, before)
      const [steppedLog, directLog]: [number[], number[]] = [[], []]
      const stepped = evaluate(`${before} return f().next().value`)(steppedLog)
      assert.deepEqual(evaluate(`${after} return f()`)(directLog), stepped)
      assert.deepEqual(directLog, steppedLog)
    }),
  )
})
