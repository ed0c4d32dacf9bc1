import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Activation } from '../model/activations.ts'
import { playOn } from '../model/testing.contract.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import type * as Notifier from '../protocols/notifier.ts'
import type * as PageFault from '../protocols/page-fault.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type * as System from '../workers/system.ts'
import { toFlat } from './flat.ts'
import { isForTests, STEPPED_FOLDERS } from './modules.ts'
import { MOST_HELD } from './resumable.ts'
import { PLAYED } from './write.ts'

const dist = fileURLToPath(new URL('..', import.meta.url))
const played = pathToFileURL(PLAYED).href

const FORMS = {
  stepped: (text: string) => text,
  flat: (text: string) => toFlat(text, played),
  'flat, with its columns': (text: string) => toFlat(text, played, true),
} as const

const load = (text: string) => import(`data:text/javascript,${encodeURIComponent(text)}`)

type Actor = (cpu: Cpu, a: Word, b: Word, seen: number[]) => Steps<unknown>

/** Three CPUs play `f` on the same two words: what they saw, when they ended, what they left. */
async function playForm(form: keyof typeof FORMS, text: string) {
  const { f } = (await load(FORMS[form](text))) as { readonly f: Actor }
  const place = new Place()
  const [a, b] = [place.line('a'), place.line('b')]
  const seen: number[][] = [[], [], []]
  const { endsNs, words, machine } = playOn(
    place,
    seen.map((own) => (cpu) => f(cpu, a, b, own)),
  )
  return { seen, endsNs, words: [...words], steps: machine.steps }
}

const GET = 'function* get(cpu, w) { yield* cpu.pause(); const n = yield* cpu.load(w); return n; }\n'

/** Ways to take a step, with what stands around it. `get` waits, and gives the word. */
const WAYS: Readonly<Record<string, string>> = {
  'one after the other': 'const n = yield* get(cpu, a); yield* cpu.store(b, n + 1); seen.push(n);',
  'as a result': 'seen.push(1); return yield* get(cpu, a);',
  'as the result of an instruction': 'yield* cpu.pause(); return yield* cpu.add(a, 1);',
  'within a condition': 'if ((yield* get(cpu, a)) === 0) yield* cpu.add(a, 1); else yield* cpu.add(b, 1);',
  'negated in a condition': 'if (!(yield* get(cpu, a))) { seen.push(1); yield* cpu.add(a, 1); } seen.push(2);',
  'in one of two branches': 'const n = seen.length === 0 ? yield* get(cpu, a) : 7; seen.push(n);',
  'in the other branch': 'let n = 1; n = n === cpu.id ? 4 : yield* get(cpu, a); seen.push(n);',
  'only if the first does not decide':
    'const n = (yield* get(cpu, a)) === 0 && (yield* cpu.add(b, 1)) === 0; seen.push(n);',
  'only if the first decides nothing':
    'const n = cpu.id === 1 || (yield* get(cpu, a)); seen.push(n); return n && (yield* get(cpu, b));',
  'in a loop': 'for (let i = 0; i < 4; i += 1) { const n = yield* cpu.add(a, i); seen.push(n, i); }',
  'in a loop that goes on early':
    'for (let i = 0; i < 6; i += 1) { if (i % 2 === 0) continue; const n = yield* cpu.add(a, i); if (n > 20) break; seen.push(n); }',
  'in the update of a loop':
    'let i = 0; for (; i < 5; yield* cpu.add(b, 1)) { i += 1; if (i === 2) continue; seen.push(i); yield* cpu.pause(); }',
  'in the condition of a loop':
    'while ((yield* cpu.add(a, 1)) < 9) { seen.push(yield_of(cpu)); } function yield_of({ id }) { return id; }',
  'for each of several':
    'for (const [i, n] of [4, 5, 6].entries()) { const was = yield* cpu.add(a, n); seen.push(i, was); }',
  'in loops within loops':
    'for (let i = 0; i < 3; i += 1) { let j = 0; while (j < 2) { j += 1; yield* cpu.add(a, j); if (j === i) break; } seen.push(j); }',
  'for what an object keeps':
    'const own = { n: 0 }; own.n = yield* get(cpu, a); own.n += 2; yield* cpu.add(a, own.n); seen.push(own.n);',
  'to add to a local': 'let n = 1; n += yield* get(cpu, a); n -= yield* cpu.add(a, n); seen.push(n);',
  'beside a local that is taken apart': 'const { x, y } = { x: 1, y: 2 }; yield* cpu.add(a, x); seen.push(x, y);',
  'beside a name that is another within':
    'const n = yield* cpu.add(a, 1); { const n = yield* cpu.add(b, 2); seen.push(n); } seen.push(n);',
  'beside a name that is another further down':
    'for (let i = 0; i < 2; i += 1) { const n = yield* cpu.add(b, 2); seen.push(n); } const n = yield* cpu.add(a, 1); seen.push(n);',
  'beside a function that sees a local':
    'let n = 0; const more = () => { n += 1; }; more(); yield* cpu.pause(); more(); seen.push(n);',
  'beside functions of each turn':
    'const all = []; for (let i = 0; i < 3; i += 1) { all.push(() => i); yield* cpu.add(a, 1); } seen.push(...all.map((one) => one()));',
  'under a switch': 'switch (yield* get(cpu, a)) { case 0: yield* cpu.add(a, 1); break; default: seen.push(9); }',
  'in a loop that begins with a turn': 'let n; do { n = yield* cpu.add(a, 1); } while (n < 6); seen.push(n);',
  'within the arguments of another': 'yield* cpu.store(b, yield* get(cpu, a)); seen.push(yield* cpu.load(b));',
  'in a function within':
    'const own = function* (cpu, n) { yield* cpu.pause(); return n + (yield* cpu.add(a, n)); }; seen.push(yield* own(cpu, 3));',
  'of an object':
    'const o = { m: 2, *add(cpu) { yield* cpu.pause(); return yield* cpu.add(a, this.m); } }; const n = yield* o.add(cpu); seen.push(n);',
  'of nothing': 'seen.push(yield* nothing()); function* nothing() { return 5; }',
}

const CLASSES = `${GET}
class A {
  #n = 1
  static *of(cpu, w) { yield* cpu.pause(); const n = yield* cpu.add(w, 2); return n; }
  *add(cpu, w, by = this.#n) { yield* cpu.pause(); const n = yield* this.#own(cpu, w, { by }); this.#n = yield* get(cpu, w); return n + this.#n; }
  *#own(cpu, w, { by }) { const n = yield* cpu.add(w, by); yield* cpu.pause(); return n; }
  *odd(cpu, w) { let n = 0; do { n = yield* this.#odd(cpu, w); } while (n < 4); return n; }
  *#odd(cpu, w) { do { yield* cpu.pause(); } while ((yield* cpu.load(w)) < 2); return yield* cpu.add(w, 3); }
}
class B extends A {
  *add(cpu, w) { const n = yield* super.add(cpu, w); yield* cpu.pause(); return n * 10; }
  *odd(cpu, w) { do { yield* cpu.pause(); } while ((yield* super.odd(cpu, w)) < 9); return 1; }
}
export function* f(cpu, a, b, seen) {
  const o = new B();
  const n = yield* o.add(cpu, a);
  const m = yield* A.of(cpu, b);
  const k = yield* o.odd(cpu, a);
  seen.push(n, m, k);
}`

const modules = Object.entries(WAYS).map(([way, body]) => {
  return [`a step ${way}`, `${GET}export function* f(cpu, a, b, seen) { ${body} }`] as const
})

for (const [what, text] of [...modules, ['the steps of classes', CLASSES] as const]) {
  test(`${what} is taken in the flat build as in the stepped one, at the same times`, async () => {
    const stepped = await playForm('stepped', text)
    assert.ok(stepped.steps > 0 || what.endsWith('nothing'))
    assert.deepEqual(await playForm('flat', text), stepped)
    assert.deepEqual(await playForm('flat, with its columns', text), stepped)
  })
}

test('a call is made, looked at, and made good when its function is entered again', () => {
  const text = 'function* f(cpu, w) {\n  const n = yield* g(cpu);\n  h(n + w);\n}'
  assert.equal(
    toFlat(text, played),
    'function  f(cpu, w) { let $k = 0, $t, n; if (cpu.frame !== undefined) { const $s = cpu.taken(); $k = $s.at; w = $s.h0; n = $s.h1; } $: {\n' +
      '  if ($k === 0) { n = g(cpu); if (cpu.fate !== 0) { $k = 1; break $; } } else if ($k === 1) { $k = 0; n = cpu.given; }\n' +
      '  if ($k === 0) { h(n + w); }\n' +
      'return; } const $s = cpu.saved(f, this, $k); $s.h0 = w; $s.h1 = n; }',
  )
})

test('a function that holds as much as an activation has room for is entered again, with more it stays a generator', () => {
  assert.deepEqual(
    Object.keys(new Activation()).filter((name) => /^h\d+$/.test(name)),
    Array.from({ length: MOST_HELD }, (_, at) => `h${at}`),
  )
  const holding = (count: number) => {
    const names = Array.from({ length: count }, (_, at) => `x${at}`).join(', ')
    return toFlat(`function* f(cpu, ${names}) { yield* g(cpu); h(${names}); }`, played)
  }
  assert.doesNotMatch(holding(MOST_HELD), /function\*/)
  assert.match(holding(MOST_HELD + 1), /function\*/)
})

for (const [what, before, after] of [
  ['one step', 'function* f(cpu) { yield* g(cpu); }', 'function  f(cpu) { return g(cpu); }'],
  ['its last step', 'function* f(cpu) { if (a) yield* g(cpu); }', 'function  f(cpu) {  if (a) {return g(cpu);} }'],
  [
    'an instruction',
    'function* f(cpu) { return yield* cpu.load(w); }',
    'function  f(cpu) { return (cpu.load(w), cpu.value); }',
  ],
  ['no step', 'function* f() { return 1; }', 'function  f() { return 1; }'],
] as const) {
  test(`a function that ends with ${what} is not entered again`, () => assert.equal(toFlat(before, played), after))
}

test('the code of a function that stays a generator keeps its columns', () => {
  const text = 'export function* f(cpu) {\n  const n = yield* g(cpu)\n  return n + (yield* cpu.load(w))\n}'
  const [, ...lines] = toFlat(text, played, true).split('\n')
  assert.deepEqual(lines, ['  const n = yield  g(cpu)', '  return n + (yield  cpu.load(w))', '}'])
})

/** What has no rule: a step for a computed place, and one that is called by a function without its CPU. */
const MOST_GENERATORS = 3

test('the flat build has every stepped module, with its lines where they were, and few generators', () => {
  let generators = 0
  for (const folder of STEPPED_FOLDERS) {
    for (const name of readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.js') || isForTests(name)) continue
      const [before = '', after = ''] = ['', 'flat'].map((build) =>
        readFileSync(join(dist, build, folder, name), 'utf8'),
      )
      assert.equal(after.split('\n').length, before.split('\n').length, name)
      generators += after.split(/\bfunction\*|^ +(?:static )?\*#?\w+\(/m).length - 1
    }
  }
  assert.ok(generators <= MOST_GENERATORS, `${generators} generators`)
})

const SPEC = {
  cpus: 4,
  vcpus: 3,
  memslots: [{ slot: 0, baseGfn: 1 << 20, hva: 1 << 22, pages: 16 }],
  mmu: 'tdp',
  preempt: 'full',
  tlbEntries: 4,
  hugePerMille: 0,
  oracles: true,
  lockStatistics: true,
} as const

const ROLES = `
export const faulting = (vm, { Fault, RETRY }) => function* (cpu) {
  const fault = new Fault();
  for (let page = 0; page < 8; page += 1) {
    fault.begin((1 << 20) + page, false, false);
    while ((yield* vm.kvm.mmuPageFault(cpu, vm, fault)) === RETRY) {}
  }
};
export const invalidating = (vm, { invalidateRangeStart, invalidateRangeEnd }) => function* (cpu) {
  for (let hva = 1 << 22; hva < (1 << 22) + 8; hva += 2) {
    yield* invalidateRangeStart(cpu, vm, hva, hva + 2, true);
    yield* invalidateRangeEnd(cpu, vm, hva, hva + 2, true);
  }
};`

type Roles = {
  readonly faulting: (vm: Vm, of: typeof PageFault) => (cpu: Cpu) => Steps<void>
  readonly invalidating: (vm: Vm, of: typeof Notifier) => (cpu: Cpu) => Steps<void>
}

/** Three vCPUs that fault on the same pages, and a notifier that takes them away, from the modules of one build. */
async function playBuild(build: '' | 'flat', variant: VariantName) {
  const from = (name: string) => import(join(dist, build, name))
  const { buildSystem } = (await from('workers/system.js')) as typeof System
  const pageFault = (await from('protocols/page-fault.js')) as typeof PageFault
  const notifier = (await from('protocols/notifier.js')) as typeof Notifier
  const { faulting, invalidating } = (await load(build === '' ? ROLES : toFlat(ROLES, played))) as Roles
  const { place, vm } = buildSystem({ ...SPEC, variant })
  const actors = [1, 2, 3].map(() => faulting(vm, pageFault)).concat(invalidating(vm, notifier))
  const { endsNs, words, machine } = playOn(place, actors, {}, [], (memory) => vm.initialise(memory))
  return { endsNs, words, steps: machine.steps }
}

for (const variant of ['precheck', 'no-precheck', 'v5.15'] as const) {
  test(`${variant} takes the same steps in the flat build, at the same times, as in the stepped one`, async () => {
    const flat = await playBuild('flat', variant)
    assert.ok(flat.steps > 500, `${flat.steps} steps`)
    assert.deepEqual(flat, await playBuild('', variant))
  })
}
