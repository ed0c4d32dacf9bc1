// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are code under test
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { playOn } from '../model/testing.contract.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import type * as Notifier from '../protocols/notifier.ts'
import type * as PageFault from '../protocols/page-fault.ts'
import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import type * as System from '../workers/system.ts'
import { toFlat } from './flat.ts'
import { isForTests, STEPPED_FOLDERS } from './modules.ts'

const dist = fileURLToPath(new URL('..', import.meta.url))

for (const [what, before, after] of [
  ['one step', 'function* f() { yield* g(); }', 'function  f() { return g(); }'],
  ['a result', 'function* f() { return yield* g(); }', 'function  f() { return        g(); }'],
  ['something and then a step', 'function* f() { a(); yield* g(); }', 'function  f() { a(); return g(); }'],
  ['a method', 'class A { *#f() { yield* this.#f(); } }', 'class A {  #f() { return this.#f(); } }'],
  [
    'one of two steps',
    'function* f() { if (a) yield* g(); else { yield* h(); } }',
    'function  f() { if (a) return g(); else { return h(); } }',
  ],
  [
    'a step that comes first sometimes',
    'function* f() { if (a) return yield* g(); return yield* h(); }',
    'function  f() { if (a) return        g(); return        h(); }',
  ],
  [
    'a result of two kinds',
    'function* f() { return a ? yield* g() : yield* h(); }',
    'function  f() { return a ?        g() :        h(); }',
  ],
  ['`yield *`', 'function* f() { yield * g(); }', 'function  f() { return  g(); }'],
] as const) {
  test(`a function that passes on ${what} returns it`, () => assert.equal(toFlat(before), after))
}

for (const [what, text] of [
  ['takes two steps', 'function* f() { yield* g(); yield* h(); }'],
  ['does something after its step', 'function* f() { yield* g(); a(); }'],
  ['makes something of the result', 'function* f() { return 1 + (yield* g()); }'],
  ['may end without a step', 'function* f() { if (a) return 1; return yield* g(); }'],
  ['may take no step', 'function* f() { if (a) yield* g(); }'],
  ['takes none', 'function* f() { }'],
  ['takes steps in a loop', 'function* f() { for (;;) yield* g(); }'],
  ['may leave a loop', 'function* f() { for (;;) { if (a) return; } yield* g(); }'],
  ['asks in its condition', 'function* f() { if (yield* a()) yield* g(); else yield* h(); }'],
  ['takes steps within a step', 'function* f() { yield* g(yield* h()); }'],
] as const) {
  test(`a function that ${what} stays a generator`, () => assert.equal(toFlat(text), text))
}

for (const [what, before, after] of [
  [
    'while it is running',
    'function* f() { while (cpu.running() && a.next()) { if (b) yield* g(); yield* h(); } }',
    'function* f() { while (cpu.running() && a.next()) { if (b) yield  g(); yield  h(); } }',
  ],
  [
    'for so many rounds',
    'function* f() { for (let i = 0; cpu.running() && i < n; i += 1) yield* g(); }',
    'function* f() { for (let i = 0; cpu.running() && i < n; i += 1) yield  g(); }',
  ],
] as const) {
  test(`a role yields each of its operations ${what}`, () => assert.equal(toFlat(before), after))
}

for (const [what, text] of [
  ['of which it wants the result', 'function* f() { while (cpu.running()) { a = yield* g(); } }'],
  ['that is an instruction', 'function* f() { while (cpu.running()) { yield* cpu.load(word); } }'],
  ['before its loop', 'function* f() { yield* g(); while (cpu.running()) { a(); } }'],
  ['in another loop', 'function* f() { while (gfn < last) { yield* g(); } }'],
  [
    'in a function of its own',
    'function* f() { while (cpu.running()) { a = function* () { yield* g(); yield* g(); } } }',
  ],
] as const) {
  test(`a role goes through an operation ${what}`, () => assert.equal(toFlat(text), text))
}

test('a function within a function counts for itself', () => {
  const before = 'function* f() { const a = function* () { yield* g(); yield* g(); }; yield* h(a); }'
  const after = 'function  f() { const a = function* () { yield* g(); yield* g(); }; return h(a); }'
  assert.equal(toFlat(before), after)
})

for (const [what, before, after] of [
  [
    'is looked at before its steps are gone through',
    'function* f() { const a = yield* cpu.load(w); g(a); }',
    'function* f() { const a = (      cpu.load(w).fate === 0 ? cpu.value : yield* cpu); g(a); }',
  ],
  [
    'within another is looked at too',
    'function* f() { yield* cpu.store(w, yield* cpu.load(v)); g(); }',
    'function* f() { (      cpu.store(w, (      cpu.load(v).fate === 0 ? cpu.value : yield* cpu)).fate === 0 ? cpu.value : yield* cpu); g(); }',
  ],
  ['that is passed on is returned', 'function* f() { yield* cpu.load(w); }', 'function  f() { return cpu.load(w); }'],
  [
    'is none if it is of something else',
    'function* f() { yield* lock.load(cpu); yield* cpu.own(w); }',
    'function* f() { yield* lock.load(cpu); yield* cpu.own(w); }',
  ],
] as const) {
  test(`an instruction ${what}`, () => assert.equal(toFlat(before, true), after))
}

test('the flat build has every stepped module, with its lines where they were', () => {
  let changed = 0
  for (const folder of STEPPED_FOLDERS) {
    for (const name of readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.js') || isForTests(name)) continue
      const [before = '', after = ''] = ['', 'flat'].map((build) =>
        readFileSync(join(dist, build, folder, name), 'utf8'),
      )
      assert.equal(after.split('\n').length, before.split('\n').length, name)
      if (after !== before) changed += 1
    }
  }
  assert.ok(changed > 10, `${changed} modules changed`)
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

/** Three vCPUs that fault on the same pages, and a notifier that takes them away, from the modules of one build. */
async function playBuild(build: '' | 'flat', variant: VariantName) {
  const load = (name: string) => import(join(dist, build, name))
  const { buildSystem } = (await load('workers/system.js')) as typeof System
  const { Fault, RETRY } = (await load('protocols/page-fault.js')) as typeof PageFault
  const { invalidateRangeStart, invalidateRangeEnd } = (await load('protocols/notifier.js')) as typeof Notifier
  const { place, vm } = buildSystem({ ...SPEC, variant })
  const hva = (page: number) => ((1 << 22) + page) as Hva
  const faulting = function* (cpu: Cpu): Steps<void> {
    const fault = new Fault()
    for (let page = 0; page < 8; page += 1) {
      fault.begin(((1 << 20) + page) as Gfn, false, false)
      while ((yield* vm.kvm.mmuPageFault(cpu, vm, fault)) === RETRY) {}
    }
  }
  const invalidating = function* (cpu: Cpu): Steps<void> {
    for (let page = 0; page < 8; page += 2) {
      yield* invalidateRangeStart(cpu, vm, hva(page), hva(page + 2), true)
      yield* invalidateRangeEnd(cpu, vm, hva(page), hva(page + 2), true)
    }
  }
  const actors = [faulting, faulting, faulting, invalidating]
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
