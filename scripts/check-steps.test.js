import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkSteps } from './check-steps.js'
import { checkPlanted } from './planted-project.js'

const VOCABULARY = {
  'shared-memory/steps.ts': 'export type Steps<T> = Generator<{ word: number }, T, number>\n',
  'shared-memory/cpu.ts': `import type { Steps } from './steps.ts'
export interface Cpu {
  load(word: number): Steps<number>
  store(word: number, value: number): Steps<void>
}
`,
}

/** What is found in a protocol with this body; its lines begin at line 3. */
function inProtocol(body) {
  const head =
    "import type { Cpu } from '../shared-memory/cpu.ts'\nimport type { Steps } from '../shared-memory/steps.ts'\n"
  return checkPlanted({ ...VOCABULARY, 'protocols/planted.ts': head + body }, checkSteps)
}

/** What is found in one step function with this body; its lines begin at line 4. */
const inSteps = (body) => inProtocol(`export function* f(cpu: Cpu): Steps<number> {\n${body}\n}`)

const at = (line, column, why) => [`src/protocols/planted.ts:${line}:${column}: ${why}`]
const NOT_TAKEN = 'these steps are never taken: make the call the operand of `yield*`'

test('the sources of the project keep the rules', () => {
  assert.deepEqual(checkSteps(fileURLToPath(new URL('..', import.meta.url))), [])
})

test('steps that are taken one by one are fine', () => {
  const found = inSteps(`  const a = yield* cpu.load(1)
  if (a === 0) yield* cpu.store(1, 2)
  while (a === 1) yield* (cpu.store(2, 1))
  const b = a === 0 ? 7 : yield* cpu.load(3)
  yield* (b === 0 ? cpu.store(1, 1) : cpu.store(2, 2))
  try { JSON.parse('{}') } catch { return 0 }
  return yield* cpu.load(1)`)
  assert.deepEqual(found, [])
})

test('a store that is never taken is refused', () => {
  assert.deepEqual(inSteps('  cpu.store(1, 1)\n  return 0'), at(4, 3, NOT_TAKEN))
})

test('a load that is tested like a number is refused', () => {
  assert.deepEqual(inSteps('  if (cpu.load(1)) return 1\n  return 0'), at(4, 7, NOT_TAKEN))
})

test('a load that is kept as if it were a number is refused', () => {
  assert.deepEqual(inSteps('  const value: number = cpu.load(1)\n  return value'), at(4, 25, NOT_TAKEN))
})

test('a load in the middle of an expression is refused, as `yield*` binds loosest of all', () => {
  assert.deepEqual(inSteps('  const free = yield* cpu.load(1) === 0\n  return free ? 1 : 0'), at(4, 23, NOT_TAKEN))
})

test('a bare yield is refused, and so is the call it was meant for', () => {
  assert.deepEqual(inSteps('  yield cpu.load(1)\n  return 0'), [
    ...at(4, 3, 'a protocol may only `yield*`'),
    ...at(4, 9, NOT_TAKEN),
  ])
})

test('the condition of a conditional operand is no operand', () => {
  assert.deepEqual(inSteps('  return yield* (cpu.load(1) ? cpu.load(2) : cpu.load(3))'), at(4, 18, NOT_TAKEN))
})

test('steps that are kept for later are refused', () => {
  assert.deepEqual(inSteps('  const later = cpu.load(1)\n  return yield* later'), at(4, 17, NOT_TAKEN))
})

test('steps without a declared type are steps', () => {
  assert.deepEqual(
    inProtocol('function* g(cpu: Cpu) { yield* cpu.store(1, 1) }\nexport const f = (cpu: Cpu) => { g(cpu) }'),
    [...at(3, 1, 'declare what it returns as `Steps<...>`'), ...at(4, 34, NOT_TAKEN)],
  )
})

test('steps that may be missing are steps', () => {
  const found = inProtocol('export function* f(cpu: Cpu | undefined): Steps<void> {\n  cpu?.store(1, 1)\n}')
  assert.deepEqual(found, at(4, 3, NOT_TAKEN))
})

test('a column counts UTF-16 units, as editors do', () => {
  assert.deepEqual(inSteps("  const s = '😀'; cpu.load(s.length)\n  return 0"), at(4, 19, NOT_TAKEN))
})

for (const [where, body] of [
  ['a statement', '  yield*\n    cpu.store(1, 1)\n  return 0'],
  ['a bracket', '  yield* (\n    cpu.store(1, 1)\n  )\n  return 0'],
  ['a comment', '  yield* /* the\n    flag */ cpu.store(1, 1)\n  return 0'],
]) {
  test(`\`yield*\` and its operand broken over lines by ${where} are refused`, () => {
    assert.deepEqual(inSteps(body), at(4, 3, 'keep `yield*` and its operand on one line'))
  })
}

test('`return yield*` broken over lines is refused', () => {
  assert.deepEqual(inSteps('  return yield*\n    cpu.load(1)'), at(4, 10, 'keep `yield*` and its operand on one line'))
  assert.deepEqual(inSteps('  return\n  yield* cpu.load(1)'), at(4, 3, 'keep `return` and `yield*` on one line'))
})

for (const [form, body] of [
  ['try/finally', '  try { yield* cpu.store(1, 1) } finally { cpu }\n  return 0'],
  ['try/catch', '  try { return yield* cpu.load(1) } catch { return 0 }'],
  ['a step in the finally block', '  try { cpu } finally { yield* cpu.store(1, 1) }\n  return 0'],
]) {
  test(`${form} around a step is refused`, () => {
    assert.deepEqual(inSteps(body), at(4, 3, 'no `try` around a step: the checker abandons runs halfway'))
  })
}

for (const [what, body, column] of [
  ['performance', 'export const f = () => performance.now()', 24],
  ['Date', 'export const f = () => new Date()', 28],
  ['console', 'export const f = () => console.log(1)', 24],
  ['setTimeout', 'export const f = () => setTimeout(f, 1)', 24],
  ['Atomics', 'export const f = (words: Int32Array) => Atomics.load(words, 0)', 41],
  ['globalThis', 'export const f = () => globalThis.Math', 24],
]) {
  test(`${what} is refused in a protocol`, () => {
    assert.deepEqual(
      inProtocol(body),
      at(3, column, `a protocol touches the world only through its \`cpu\`: no \`${what}\``),
    )
  })
}

test('process is refused in a protocol, declared or not', () => {
  const found = inProtocol('export const f = () => process.exit(1)')
  assert.deepEqual(found, at(3, 24, 'a protocol touches the world only through its `cpu`: no `process`'))
})

test('chance is refused in a protocol', () => {
  assert.deepEqual(
    inProtocol('export const f = () => Math.random()'),
    at(3, 24, 'a protocol is deterministic: no `Math.random`'),
  )
})

test('names of its own are a protocol’s affair, even if a global is called so', () => {
  assert.deepEqual(inProtocol('export const f = (process: { console: number }) => process.console'), [])
})

test('state of a module is refused', () => {
  const STATEFUL = 'a module keeps no state: every thread and every run would have one of its own'
  assert.deepEqual(inProtocol('let last = 0\nexport const f = () => last++'), at(3, 1, STATEFUL))
  assert.deepEqual(inProtocol('export class A { static last = 0 }'), at(3, 18, STATEFUL))
  assert.deepEqual(inProtocol('export class A { static readonly LAST = 0 }\nexport const B = 1'), [])
})

test('an import of node is refused in a protocol', () => {
  const found = inProtocol("import { cpus } from 'node:os'\nexport const f = cpus")
  assert.deepEqual(found, at(3, 22, 'a protocol knows no machine: no `node:`'))
})

test('generators are refused outside the folders of steps', () => {
  const found = checkPlanted({ 'bench/a.ts': 'export function* f() { yield 1 }\n' }, checkSteps)
  assert.deepEqual(found, ['src/bench/a.ts:1:1: `function*` is for steps: only in shared-memory, protocols, workers'])
})

test('the stepped machines may yield their ops, and any code may read a stream', () => {
  const sources = {
    'model/cpu.ts': 'export class SimulatedCpu { *load() { return yield 1 } }\n',
    'checker/cpu.ts': 'export class CheckedCpu { *load() { return yield 1 } }\n',
    'replay/lines.ts': 'export async function* lines() { yield 1 }\n',
  }
  assert.deepEqual(checkPlanted(sources, checkSteps), [])
})

test('tests and contracts may do all of it', () => {
  const mistakes = 'let a = 1\nexport function* f() { try { yield a++ } finally { Math.random() } }\n'
  const sources = {
    'protocols/vm.test.ts': mistakes,
    'protocols/lock.contract.ts': mistakes,
    'bench/a.test.ts': mistakes,
  }
  assert.deepEqual(checkPlanted(sources, checkSteps), [])
})
