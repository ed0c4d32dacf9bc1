import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'acorn'
import * as door from '../protocols/index.ts'
import { isSteps } from './declared.ts'
import { problemsOf } from './house-rules.ts'

const names = Object.keys(door)
const steps = names.filter((name) => isSteps((door as Readonly<Record<string, unknown>>)[name]))
const DOOR = { names: new Set(names), steps: new Set(steps) }

/** What is found in the body of a function of steps, each as `line:column sentence`. */
function found(code: string): string[] {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  return problemsOf(tree, DOOR).map(({ line, column, says }) => `${line}:${column} ${says}`)
}

const inSteps = (body: string) => found(`function* f(cpu, vm, fault) {\n${body}\n}`)

for (const [what, body, says] of [
  [
    'a store that nothing takes',
    'cpu.store(vm.invalidateSeq, 1)',
    '2:1 nothing takes the steps of `cpu.store`: write `yield* cpu.store(...)`',
  ],
  [
    'a load in a condition',
    'if (cpu.load(vm.invalidateSeq)) return',
    '2:5 nothing takes the steps of `cpu.load`: write `yield* cpu.load(...)`',
  ],
  [
    'a lock that is not taken',
    'vm.mmuLock.readLock(cpu)',
    '2:1 nothing takes the steps of `vm.mmuLock.readLock`: write `yield* vm.mmuLock.readLock(...)`',
  ],
  [
    'a function of the table',
    'vm.kvm.isPageFaultStale(cpu, vm, fault)',
    '2:1 nothing takes the steps of `vm.kvm.isPageFaultStale`: write `yield* vm.kvm.isPageFaultStale(...)`',
  ],
  ['a function of its own', 'f(cpu, vm, fault)', '2:1 nothing takes the steps of `f`: write `yield* f(...)`'],
  [
    'steps that are kept',
    'const later = cpu.load(vm.invalidateSeq)',
    '2:15 nothing takes the steps of `cpu.load`: write `yield* cpu.load(...)`',
  ],
  ['a bare yield', 'yield 1', '2:1 a protocol may only `yield*`'],
  ['`yield*` of what takes no step', 'yield* cpu.count(1, 1)', '2:1 `cpu.count` takes no step: leave `yield*` out'],
  ['an operand on the next line', 'yield*\ncpu.pause()', '2:1 keep `yield*` and its operand on one line'],
  [
    'two accesses in one statement',
    'return (yield* cpu.load(vm.a)) + (yield* cpu.load(vm.b))',
    '2:35 a second step in one statement: another CPU may act between the two, so give the first a `const`',
  ],
  [
    'a try around a step',
    'try { yield* cpu.pause() } finally { }',
    '2:1 no `try` around a step: the checker gives executions up halfway',
  ],
  ['a clock', 'return Date.now()', '2:8 a protocol knows no clock; a trial measures it'],
  ['chance', 'return Math.random()', '2:8 a protocol is deterministic: no `Math.random`'],
  ['the process', 'return process.pid', '2:8 a patch has no `process`: import it from `faultline/kvm` if it is there'],
  [
    'shared memory past the cpu',
    'Atomics.store(vm, 0, 1)',
    '2:1 shared memory is touched through `cpu` only: `yield* cpu.load(word)`',
  ],
  [
    'a name of another case',
    'return rwlockNeedBreak',
    '2:8 a patch has no `rwlockNeedBreak`: did you mean `rwlockNeedbreak`?',
  ],
  [
    'CommonJS',
    'return exports',
    "2:8 this is CommonJS, but a patch is a module: `import { patch } from 'faultline/kvm'`, and `export default patch({ ... })`",
  ],
  ['a global that is written', 'seen = 1', '2:1 a patch has no `seen`: import it from `faultline/kvm` if it is there'],
] as const) {
  test(`${what} is found, with its place and the remedy`, () => assert.deepEqual(inSteps(body), [says]))
}

for (const [what, code, says] of [
  [
    'another module',
    "import { readFileSync } from 'node:fs'",
    '1:30 `node:fs` is not part of a protocol: a patch imports `faultline/kvm` and nothing else',
  ],
  [
    'a module that is loaded later',
    "const later = () => import('faultline/kvm')",
    '1:21 a patch imports `faultline/kvm` and nothing else',
  ],
  [
    'a type that is imported as a value',
    "import { Cpu } from 'faultline/kvm'",
    '1:10 `Cpu` is a type: import `type Cpu`',
  ],
  [
    'a misspelt import',
    "import { rwlockNedbreak } from 'faultline/kvm'",
    '1:10 `rwlockNedbreak` is not in `faultline/kvm`, but `rwlockNeedbreak` is',
  ],
  [
    'state of the module',
    'let seen = 0',
    '1:1 a module keeps no state, for each thread would have its own: place a word, or write `const`',
  ],
  [
    'a field of a constant of the module that changes',
    'const box = { n: { m: 0 } }\nfunction f() { box.n.m += 1 }',
    '2:16 a module keeps no state, for each thread would have its own: place a word',
  ],
  [
    'a collection of the module that changes',
    'const seen = new Map()\nfunction f(gfn) { seen.set(gfn, 1) }',
    '2:19 a module keeps no state, for each thread would have its own: place a word',
  ],
  ...(
    [
      ['by a pattern', 'const box = { n: 0 }\nfunction f() { ;[box.n] = [1] }', '2:17'],
      ['by Object.assign()', 'const box = { n: 0 }\nfunction f() { Object.assign(box, { n: 1 }) }', '2:16'],
      ['of a class', 'class Box { static n = 0 }\nfunction f() { Box.n += 1 }', '2:16'],
      ['of a function', 'function f() { f.n = 1 }', '1:16'],
      ['of an import', "import { COUNTER } from 'faultline/kvm'\nfunction f() { COUNTER.x = 1 }", '2:16'],
      ['where a search ended', "const re = /a/g\nfunction f() { return re.test('a') }", '2:23'],
      [
        'of an object with a private field',
        'class Box { #n = 0; bump() { this.#n += 1 } }\nconst box = new Box()',
        '2:13',
      ],
      ['of a class above', 'class A { bump() { this.n = 1 } }\nclass B extends A {}\nconst box = new B()', '3:13'],
      ['of a static method', 'class Box { static n = 0; static bump() { this.n++ } }', '1:43'],
      ['that a function keeps', 'const bump = (() => { let n = 0; return () => { n += 1; return n } })()', '1:49'],
      [
        'that a call keeps',
        'function make() { const a = []; return { f() { a.push(1) } } }\nconst made = make()',
        '1:48',
      ],
    ] as const
  ).map(
    ([what, code, at]) =>
      [
        `state ${what}`,
        code,
        `${at} a module keeps no state, for each thread would have its own: place a word`,
      ] as const,
  ),
  ['an async function', 'async function f() {}', '1:1 a step is taken, not awaited: `function*` and `yield*`'],
  [
    'an imported function that nothing takes',
    "import { isPageFaultStale } from 'faultline/kvm'\nfunction* f(cpu, vm, fault) { isPageFaultStale(cpu, vm, fault) }",
    '2:31 nothing takes the steps of `isPageFaultStale`: write `yield* isPageFaultStale(...)`',
  ],
] as const) {
  test(`${what} is found, with its place and the remedy`, () => assert.deepEqual(found(code), [says]))
}

for (const [what, code] of [
  [
    'a table made by a function',
    'const table = (() => { const t = []; [1, 2].forEach((n) => t.push(n)); return t })()',
  ],
  [
    'a class whose objects change, made when a VM is placed',
    'class Lock { n = 0; lock() { this.n += 1 } }\nconst make = () => new Lock()',
  ],
  [
    'an object that does not change',
    'class Box { n = 1; constructor() { this.m = 2 } get sum() { return this.n + this.m } }\nconst box = new Box()',
  ],
  ['an expression without a place', "const re = /a/\nfunction f() { return re.test('a') }"],
] as const) {
  test(`${what} is fine`, () => assert.deepEqual(found(code), []))
}

for (const [what, body] of [
  ['a name of its own', 'const own = { n: 0 }\nown.n += 1\nreturn own.n'],
  ['a step whose result is asked', 'const seq = yield* cpu.load(vm.invalidateSeq)\nif (seq === 0) return false'],
  ['one of two steps', 'return fault.prechecked ? yield* cpu.load(vm.a) : yield* cpu.load(vm.b)'],
  ['a step in the condition of a loop', 'while ((yield* cpu.load(vm.a)) !== 0) yield* cpu.pause()'],
  ['a count', 'cpu.count(1, 1)\nif (cpu.needResched()) return true'],
  ['a cpu of another name', 'const own = [1, 2].map((each) => each * 2)\nreturn own[cpu.id]'],
  ['an oracle, which takes no step', 'fault.seq = Math.max(1, Number.MAX_SAFE_INTEGER)'],
  ['labels and keys', 'outer: for (;;) { const { seq: before } = fault; if (before) break outer }'],
] as const) {
  test(`${what} is fine`, () => assert.deepEqual(inSteps(body), []))
}

test('the sources of the protocols keep to the same rules, so that what `new` writes does', async () => {
  const { readdirSync, readFileSync } = await import('node:fs')
  const folder = new URL('../protocols/versions/', import.meta.url)
  for (const name of readdirSync(folder).filter((file) => /^v[\d.]+\.js$/.test(file))) {
    const code = readFileSync(new URL(name, folder), 'utf8').replace(/from '\.[^']*'/g, "from 'faultline/kvm'")
    assert.deepEqual(found(code), [], name)
  }
})
