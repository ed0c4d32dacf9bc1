// Where a user's actor may keep a value: two histories that differ in it are never taken for one.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { explore, Refused } from '../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-hidden-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

/** An actor reads `a`, 0 or 1, keeps it across the store of y, and stores what it kept in z. */
type Case = { readonly body: string; readonly module?: string; readonly setup?: string }

const held = (h: string, shown: string, module = ''): Case => ({
  body: `const h = ${h}; yield* cpu.store(w.y, 1); yield* cpu.store(w.z, ${shown})`,
  module,
})

const after1 = (first: string, shown: string, module = ''): Case => ({
  body: `${first}; yield* cpu.store(w.y, 1); yield* cpu.store(w.z, ${shown})`,
  module,
})

const CASES: Readonly<Record<string, Case>> = {
  'a number': held('a', 'h'),
  'a sign of zero': held('a === 0 ? 0 : -0', 'Object.is(h, -0) ? 1 : 0'),
  'a bigint': held('BigInt(a)', 'Number(h)'),
  'a list': held('[a]', 'h[0]'),
  'a hole in a list': held('a === 0 ? [undefined] : [,]', '0 in h ? 0 : 1'),
  'a property of a list': held('Object.assign([], { tag: a })', 'h.tag'),
  'a property of a map': held('Object.assign(new Map(), { tag: a })', 'h.tag'),
  'a property of a typed array': held('Object.assign(new Int32Array(1), { tag: a })', 'h.tag'),
  'a set': held('new Set([a])', '[...h][0]'),
  'a closure': held('((v) => () => v)(a)', 'h()'),
  'one of two functions': held('a === 0 ? () => 0 : () => 1', 'h()'),
  'a bound function': held('((v) => v).bind(undefined, a)', 'h()'),
  'one of two closures of the module': held(
    'TABLE[a]',
    'h()',
    'const of = (v) => () => v; export const TABLE = [of(0), of(1)]',
  ),
  'a view': held(
    'view(a)',
    'h.getInt8(0)',
    'const view = (a) => { const d = new DataView(new ArrayBuffer(1)); d.setInt8(0, a); return d }',
  ),
  'a buffer': held('new Int32Array([a]).buffer', 'new Int32Array(h)[0]'),
  'an iterator': held(
    'skip([0, 1].values(), a)',
    'h.next().value',
    'const skip = (it, n) => { while (n-- > 0) it.next(); return it }',
  ),
  'a generator': held('count(a)', 'h.next().value', 'function* count(a) { yield a }'),
  'a date': held('new Date(a)', 'h.getTime()'),
  'an error': held('new Error(a)', 'Number(h.message)'),
  'a boxed number': held('new Number(a)', 'Number(h)'),
  'a regular expression': held('new RegExp(a)', 'Number(h.source)'),
  'a proxy': held('new Proxy({}, { get: () => a })', 'h.v'),
  'a symbol as a key': held('({ [S]: a })', 'h[S]', "const S = Symbol('s')"),
  'a property that is not enumerable': held("Object.defineProperty({}, 'v', { value: a })", 'h.v'),
  'a prototype': held('Object.create({ v: a })', 'h.v'),
  'a getter': held('({ get v() { return a } })', 'h.v'),
  'a method': held('({ v() { return a } })', 'h.v()'),
  'a class': held('class { v() { return a } }', 'new h().v()'),
  'an object of such a class': held('new (class { v() { return a } })()', 'h.v()'),
  'one of two classes of one name': held(
    'new [A, B][a]()',
    'h.v()',
    'const A = class C { v() { return 0 } }, B = class C { v() { return 1 } }',
  ),
  'a subclass of a map': held('Object.assign(new M(), { tag: a })', 'h.tag', 'class M extends Map {}'),
  'a private field': held(
    'new P(a)',
    'h.get()',
    'class P { #v; constructor(v) { this.#v = v } get() { return this.#v } }',
  ),
  'a private field that a subclass has too': held(
    'new S(a)',
    'h.get()',
    'class P { #v; constructor(v) { this.#v = v } get() { return this.#v } } class S extends P { #v = 0; own() { return this.#v } }',
  ),
  'a private field that is there or not': held(
    'a === 0 ? {} : new P()',
    'P.is(h) ? 1 : 0',
    'class P { #v = 1; static is(o) { return #v in o } }',
  ),
  'a function of a field, without its object': held(
    'new P(a).get',
    'h()',
    'class P { constructor(v) { this.v = v } get = () => this.v }',
  ),
  'steps that have not begun': held(
    'later(cpu, w, a)',
    'yield* h',
    'function* later(cpu, w, v) { yield* cpu.load(w.y); return v }',
  ),
  'a function of the actor': after1('function show() { return a }', 'show()'),
  'steps of the actor': after1('function* show() { yield* cpu.load(w.y); return a }', 'yield* show()'),
  'a variable of a catch': {
    body: 'try { throw { v: a } } catch ({ v }) { yield* cpu.store(w.y, 1); yield* cpu.store(w.z, v) }',
  },
  'a variable that another of its name hides': {
    body: '{ const a = 5; yield* cpu.store(w.y, a) } yield* cpu.store(w.z, a)',
  },
  'a variable of the function, from the turn before': {
    body: 'for (let i = 0; i < 2; i += 1) { yield* cpu.store(w.y, 1); if (i === 1) yield* cpu.store(w.z, v); var v = a }',
  },
  'the arguments': after1('arguments[1] = { ...w, v: a }', 'arguments[1].v'),
  'what is returned after a finally': after1(
    'const v = yield* get(cpu, w, a)',
    'v',
    'function* get(cpu, w, v) { try { return v } finally { yield* cpu.store(w.y, 1) } }',
  ),
  'the rest of a copy in a loop': {
    body: 'const set = [a]; for (const v of [5, ...set]) { set.length = 0; yield* cpu.store(w.y, 1); if (v === 1) yield* cpu.store(w.z, 1) }',
  },
  'the place that is assigned to': {
    body: 'const order = [a], got = [0, 0]; got[order.shift()] = yield* cpu.load(w.y); if (got[1] === 0) got[1] = yield* cpu.load(w.x); yield* cpu.store(w.z, got[1])',
  },
  'a variable of the setup': { ...after1('w.put(a)', 'w.get()'), setup: 'put: (v) => { kept = v }, get: () => kept' },
}

function moduleOf({ body, module = '', setup = '' }: Case, wanted: number): string {
  files += 1
  const file = join(folder, `hidden${files}.mjs`)
  writeFileSync(
    file,
    `${module}
export default {
  setup: (place) => { let kept = 0; return { x: place.line('x'), y: place.line('y'), z: place.line('z'), ${setup} } },
  actors: {
    *reader(cpu, w) { const a = yield* cpu.load(w.x); ${body} },
    *writer(cpu, w) { yield* cpu.store(w.x, 1) },
  },
  oracle: ({ subject, valueIn }) => valueIn(subject.z) === ${wanted} ? 'found' : undefined,
}`,
  )
  return file
}

for (const [what, of] of Object.entries(CASES)) {
  test(`${what} is part of what an actor holds`, async () => {
    for (const wanted of [0, 1]) {
      const { verdict, findings } = await explore({ module: moduleOf(of, wanted), bound: { preemptions: -1 } })
      assert.equal(verdict, 'FAIL', `no execution ends with ${wanted}`)
      assert.match(findings[0]!.says, /found/)
    }
  })
}

test('a weak map, whose contents cannot be seen, is refused', async () => {
  const of = held('(KEPT.set(w, a), 0)', 'KEPT.get(w)', 'const KEPT = new WeakMap()')
  await assert.rejects(explore({ module: moduleOf(of, 1) }), (error) => {
    assert.ok(error instanceof Refused)
    assert.match(error.message, /actor 'reader' calls WeakMap\.set\(\), and the checker cannot see what it holds/)
    return true
  })
})

test('histories that leave the same values behind are still one', async () => {
  const body =
    'const f = () => a + b; let b = 0; for (let i = 0; i < 6; i += 1) { yield* cpu.load(w.x); b = f() & 1 } yield* cpu.store(w.z, b)'
  const { verdict, counts } = await explore({ module: moduleOf({ body }, 2) })
  assert.equal(verdict, 'PASS')
  assert.ok(counts.states < 100, `${counts.states} states`)
})
