import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VARIANTS } from '../protocols/catalogue.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import type { Patch } from '../protocols/patch.ts'
import { beginningOf } from './beginning.ts'
import { parsed, problemsOf } from './house-rules.ts'
import { door } from './read.ts'
import { checkMembers } from './rules/members.ts'
import { problemAt } from './rules/problem.ts'
import { standsIn } from './samples.ts'
import { skeletonOf } from './skeleton.ts'
import { stripTypes } from './strip-types.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-skeletons-'))
after(() => rmSync(folder, { recursive: true }))

/** What the compiler says of these files, each as a user would have it. */
function compile(names: readonly string[]): string {
  const options = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    types: [],
    strict: true,
    noUnusedLocals: true,
    noEmit: true,
    paths: { 'faultline/kvm': [join(ROOT, 'dist', 'protocols', 'index.d.ts')] },
    skipLibCheck: true,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: names }))
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout
}

const DOOR = await door()

/** Writes a beginning where the compiler finds it, and says what the house rules find in it. */
async function begin(file: string, from: string, functions: readonly string[]): Promise<string[]> {
  const text = await skeletonOf(beginningOf(file.slice(0, -'.ts'.length), `./${file}`, from, functions))
  writeFileSync(join(folder, file), text)
  const tree = parsed(await stripTypes(text, file), file)
  const problems = problemsOf(tree, DOOR)
  const table = [...VERSIONS, ...VARIANTS].find(({ name }) => name === from)!
  const begun: Patch = { ...table, on: table, says: '', replaces: {} }
  checkMembers(tree, standsIn(tree, begun), (node, says) => void problems.push(problemAt(node, says)))
  return problems.map(({ line, says }) => `${file}:${line}: ${says}`)
}

test('every variant and every kernel can be begun with, in a file that compiles and keeps the house rules', async () => {
  const names = [...VERSIONS, ...VARIANTS].map(({ name }) => name)
  const problems: string[] = []
  for (const name of names) problems.push(...(await begin(`my-${name}.ts`, name, [])))
  assert.deepEqual(problems, [])
  assert.equal(compile(names.map((name) => `my-${name}.ts`)), '')
})

test('every function of the oldest and of the newest kernel can be taken', async () => {
  const both = [VERSIONS[0]!, VERSIONS.at(-1)!]
  for (const { name, kvm } of both) assert.deepEqual(await begin(`all-${name}.ts`, name, Object.keys(kvm)), [])
  assert.equal(compile(both.map(({ name }) => `all-${name}.ts`)), '')
})

test('each function that a kernel changed can be taken', async () => {
  for (const { name, changes } of VERSIONS) {
    for (const { entry } of changes) assert.deepEqual(await begin(`${entry}-${name}.ts`, name, [entry]), [])
  }
})

test('a patch that is made from a variant has the name of its file, unless that is a name of ours', () => {
  assert.equal(beginningOf('my-yield', './my-yield.ts', 'coarse-yield', []).name, 'my-yield')
  assert.equal(beginningOf('precheck', './precheck.ts', 'precheck', []).name, 'my-precheck')
  assert.equal(beginningOf('a b', './a b.ts', 'precheck', []).name, 'my-a-b')
})

test('a patch begins with the commands of a scenario and a check that run its functions', () => {
  const subjectOf = (from: string, ...functions: string[]) => beginningOf('x', './x.ts', from, functions).subject
  assert.equal(subjectOf('v6.8', 'isPageFaultStale'), 'precheck')
  assert.equal(subjectOf('v6.12', 'stage2Map'), 'icache')
  assert.equal(subjectOf('v6.12', 'userMemAbort'), 'icache')
  assert.equal(subjectOf('v6.18', 'recoverNxHugePages'), 'nx-recovery')
  assert.equal(subjectOf('v6.18', 'gpcRefresh'), 'elision')
  assert.equal(subjectOf('v5.15', 'getDirtyLogProtect'), 'dirty-log')
  assert.equal(subjectOf('age-locked'), 'aging')
  for (const { name } of [...VERSIONS, ...VARIANTS]) assert.notEqual(subjectOf(name), 'mixed', 'it has no check')
})

test('what a patch cannot begin as is said with the nearest name', () => {
  assert.throws(() => beginningOf('x', './x.ts', 'coarse-yeild', []), {
    message: "--from is 'coarse-yeild', which is neither a variant nor a kernel",
    hint: 'Did you mean coarse-yield?',
  })
  for (const [between, older] of [
    ['v6.1', 'v5.15'],
    ['v6.6', 'v6.5'],
  ] as const)
    assert.throws(() => beginningOf('x', './x.ts', between, []), {
      hint: new RegExp(`before ${between} is ${older}\\.$`),
    })
  assert.equal(beginningOf('x', './x.ts', 'v5.15', []).says, 'v5.15, changed', 'a variant of mixed has its name')
  assert.throws(() => beginningOf('x', './x.ts', 'v6.8', ['isPageFaultStael']), {
    message: "v6.8 has no function 'isPageFaultStael'",
    hint: 'Did you mean isPageFaultStale?',
  })
})

test('the commands of a patch can be pasted, whatever its file is called', async () => {
  const file = "my folder/it's 1.ts"
  const text = await skeletonOf(beginningOf('it-s-1', file, 'v6.8', []))
  const commands = [...text.matchAll(/^\/\/ {3}faultline (?:bench|check|diff) .*$/gm)].map(([line]) => line)
  assert.equal(commands.length, 4)
  for (const line of commands) assert.match(line, /my folder\/it'\\''s 1\.ts'/)
})
