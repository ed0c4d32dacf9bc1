import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkImports, textsBeside } from './check-imports.js'
import { CIRCLES } from './circles.js'
import { checkPlanted } from './planted-project.js'

/** Every file of it is named by something. */
const planted = (sources, circles = []) => {
  const named = Object.keys(sources).map((path) => `/${path.replace('.ts', '.js')}`)
  return checkPlanted(sources, (root) => checkImports(root, circles, named))
}
const ARROWS =
  'cli -> report -> bench -> threads | model | checker | replay -> patches -> workers -> protocols -> shared-memory -> builds | errors'

test('the sources of the project follow the arrows', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  assert.deepEqual(checkImports(root, CIRCLES, textsBeside(root)), [])
})

test('a folder may import all that lies below it', () => {
  const found = planted({
    'cli/main.ts': "import '../report/page.ts'\nimport '../shared-memory/cpu.ts'\nimport process from 'node:process'\n",
    'report/page.ts': "import '../bench/run.ts'\nimport 'node:fs'\n",
    'bench/run.ts': "import '../threads/run.ts'\nimport '../model/run.ts'\nimport '../replay/read.ts'\n",
    'threads/run.ts': "import '../workers/vcpu.ts'\nimport type { Cpu } from '../shared-memory/cpu.ts'\n",
    'model/run.ts': "import '../workers/vcpu.ts'\n",
    'replay/read.ts': "import '../protocols/vm.ts'\n",
    'workers/vcpu.ts': "import '../protocols/vm.ts'\n",
    'protocols/vm.ts': "import '../shared-memory/cpu.ts'\n",
    'shared-memory/cpu.ts': 'export type Cpu = 1\n',
  })
  assert.deepEqual(found, [])
})

for (const [from, to] of [
  ['shared-memory', 'protocols'],
  ['protocols', 'workers'],
  ['workers', 'threads'],
  ['threads', 'bench'],
  ['bench', 'report'],
  ['report', 'cli'],
  ['threads', 'model'],
  ['model', 'checker'],
  ['checker', 'replay'],
  ['replay', 'threads'],
]) {
  test(`${from} must not import ${to}`, () => {
    const found = planted({
      [`${from}/a.ts`]: `import { b } from '../${to}/b.ts'\nb\n`,
      [`${to}/b.ts`]: 'export const b = 1\n',
    })
    assert.deepEqual(found, [`src/${from}/a.ts:1:19: ${from} must not import ${to}: ${ARROWS}`])
  })
}

for (const [form, text, column] of [
  ['a type', "import type { B } from '../model/b.ts'\nexport const a: B = 1\n", 24],
  ['an inline type', "export const a: import('../model/b.ts').B = 1\n", 24],
  ['an export', "export { type B } from '../model/b.ts'\n", 24],
  ['a module that is loaded later', "export const a = () => import('../model/b.ts')\n", 31],
]) {
  test(`${form} counts as an import`, () => {
    const found = planted({ 'threads/a.ts': text, 'model/b.ts': 'export type B = 1\n' })
    assert.deepEqual(found, [`src/threads/a.ts:1:${column}: threads must not import model: ${ARROWS}`])
  })
}

for (const folder of ['shared-memory', 'protocols', 'workers']) {
  test(`${folder} imports no node module and no package`, () => {
    const found = planted({ [`${folder}/a.ts`]: "import 'node:fs'\nimport 'piscina'\n" })
    assert.deepEqual(found, [
      `src/${folder}/a.ts:1:8: ${folder} knows no machine and no package: \`node:fs\` is not for it`,
      `src/${folder}/a.ts:2:8: ${folder} knows no machine and no package: \`piscina\` is not for it`,
    ])
  })
}

test('only cli knows the process', () => {
  const found = planted({
    'bench/a.ts': "import { argv } from 'node:process'\nargv\n",
    'threads/b.ts': 'export const b = () => process.exit(1)\n',
    'cli/c.ts': 'export const c = () => process.exit(1)\n',
  })
  assert.deepEqual(found, [
    'src/bench/a.ts:1:22: only `cli` knows the process',
    'src/threads/b.ts:1:24: only `cli` knows the process',
  ])
})

test('a folder that no arrow leads to is refused', () => {
  assert.deepEqual(planted({ 'utils/a.ts': 'export {}\n' }), [
    `src/utils/a.ts:1:1: no arrow leads to this folder: ${ARROWS}`,
  ])
})

test('modules that need each other first are refused', () => {
  const found = planted({
    'bench/a.ts': "import { b } from './b.ts'\nexport const a = b\n",
    'bench/b.ts': "import { c } from './c.ts'\nexport const b = c\n",
    'bench/c.ts': "export { a as c } from './a.ts'\n",
  })
  assert.deepEqual(found, [
    'src/bench/c.ts:1:24: modules that need each other first: bench/a.ts -> bench/b.ts -> bench/c.ts -> bench/a.ts',
    'src/bench/a.ts:1:19: files that know each other, and are not in scripts/circles.js: bench/a.ts, bench/b.ts, bench/c.ts',
  ])
})

test('modules that know each other by their types only are refused too, unless they are listed', () => {
  const sources = {
    'bench/a.ts': "import { b } from './b.ts'\nexport const a = b\nexport type A = 1\n",
    'bench/b.ts': "import type { A } from './a.ts'\nexport const b: A = 1\n",
  }
  assert.deepEqual(planted(sources), [
    'src/bench/a.ts:1:19: files that know each other, and are not in scripts/circles.js: bench/a.ts, bench/b.ts',
  ])
  assert.deepEqual(planted(sources, [['bench/a.ts', 'bench/b.ts']]), [])
})

test('a circle that has become smaller is to be listed as it is now', () => {
  const sources = {
    'bench/a.ts': "import { b } from './b.ts'\nexport const a = b\nexport type A = 1\n",
    'bench/b.ts': "import type { A } from './a.ts'\nexport const b: A = 1\n",
    'bench/c.ts': "import { a } from './a.ts'\nexport const c = a\n",
  }
  assert.deepEqual(planted(sources, [['bench/a.ts', 'bench/b.ts', 'bench/c.ts']]), [
    'scripts/circles.js: these do not all know each other any more, so list those that do: bench/a.ts, bench/b.ts, bench/c.ts',
  ])
})

test('a file that nothing leads to is refused, with the list that it belongs into if there is one', () => {
  const sources = {
    'bench/scenarios/all.ts': "export { a } from './a.ts'\n",
    'bench/scenarios/a.ts': 'export const a = 1\n',
    'bench/scenarios/forgotten.ts': 'export const b = 1\n',
    'bench/dead.ts': 'export const c = 1\n',
    'protocols/catalogue.ts': "export { d } from './broken/d.ts'\n",
    'protocols/broken/d.ts': 'export const d = 1\n',
    'protocols/broken/e.ts': 'export const e = 1\n',
    'threads/worker.ts': 'export {}\n',
    'threads/run.ts': "export const url = new URL('./worker.js', import.meta.url)\n",
  }
  const beside = [
    '"./dist/threads/run.js"',
    "import '../dist/bench/scenarios/all.js'",
    "import '../dist/protocols/catalogue.js'",
  ]
  assert.deepEqual(
    checkPlanted(sources, (root) => checkImports(root, [], beside)),
    [
      'src/bench/dead.ts:1:1: nothing leads to this file: import it, or take it out',
      'src/bench/scenarios/forgotten.ts:1:1: nothing leads to this file: name it in src/bench/scenarios/all.ts',
      'src/protocols/broken/e.ts:1:1: nothing leads to this file: name it in src/protocols/catalogue.ts',
    ],
  )
})

test('tests and contracts may import what they like', () => {
  const found = planted({ 'shared-memory/a.test.ts': "import '../threads/b.ts'\n", 'threads/b.ts': 'export {}\n' })
  assert.deepEqual(found, [])
})
