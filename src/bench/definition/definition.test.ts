import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VARIANTS } from '../../protocols/catalogue.ts'
import { VERSIONS } from '../../protocols/kernels.ts'
import { Definitions, definitionOf, definitionOfTree, originOf } from './definition.ts'
import { type ModuleUnits, readUnits } from './module.ts'
import { restored, storedOf } from './stored.ts'

/** The definitions of a tree with one file changed. */
function changed(file: string, from: RegExp, to: string): Definitions {
  let isChanged = false
  const definitions = new Definitions((path) => {
    if (!path.endsWith(file)) return readUnits(path)
    const text = readFileSync(path, 'utf8')
    assert.match(text, from)
    isChanged = true
    return readUnits(path, text.replace(from, to))
  })
  definitions.ofTree()
  assert.ok(isChanged, `there is no ${file}`)
  return definitions
}

const run = (scenario: string, variant: string, kernel?: string) => ({
  scenario,
  variant,
  params: kernel === undefined ? {} : { kernel },
})
const differs = (definitions: Definitions, ...of: Parameters<typeof run>) =>
  definitions.of(run(...of)) !== definitionOf(run(...of))

test('every function of every kernel and variant is found where it is declared', () => {
  for (const { name, kvm } of [...VERSIONS, ...VARIANTS]) {
    for (const [entry, value] of Object.entries(kvm)) {
      if (typeof value === 'function') assert.equal(originOf(value).length, 1, `${entry} of ${name}`)
    }
  }
})

test("a change of precheck's load changes the runs that use this load, and no other", () => {
  const load = changed('bench/scenarios/precheck.js', /hugePerMille/, 'hugePerMilleOther')
  assert.ok(differs(load, 'precheck', 'precheck'))
  assert.ok(differs(load, 'instruments', 'oracles'))
  assert.ok(!differs(load, 'icache', 'threshold'))
  assert.ok(!differs(load, 'primitives', 'mutex'))
})

test('a change of a broken variant changes that variant, and no other run', () => {
  const broken = changed('protocols/broken/b-pubfirst.js', /yield\* /, 'yield* yield* ')
  assert.ok(differs(broken, 'icache', 'B-PUBFIRST'))
  for (const variant of ['threshold', 'ranged', 'B-VOLUME']) assert.ok(!differs(broken, 'icache', variant), variant)
  assert.ok(!differs(broken, 'precheck', 'precheck'))
  assert.notEqual(broken.ofTree(), definitionOfTree())
})

test("a change of a kernel's function changes the runs of the kernels that have it", () => {
  const later = changed('protocols/fault.js', /function\* mmuFaultinPfn\([^)]*\) \{/, '$& yield* 0;')
  assert.ok(differs(later, 'precheck', 'v6.12', 'v6.12'))
  assert.ok(!differs(later, 'precheck', 'v6.8', 'v6.8'), 'v6.8 has another')
  assert.ok(!differs(later, 'precheck', 'no-precheck'))
  assert.ok(!differs(later, 'precheck', 'trylock'))
  assert.ok(differs(later, 'precheck', 'trylock', 'v7.1'))
})

test('a change of a lock changes the runs that take it; a comment changes none', () => {
  const lock = changed('shared-memory/locks/qrwlock.js', /\*writeUnlock\(/, '*writeUnlock(one, ')
  assert.ok(differs(lock, 'precheck', 'precheck'))
  const comment = changed('protocols/fault.js', /\n/, '\n// said otherwise\n')
  assert.ok(!differs(comment, 'precheck', 'precheck'))
  assert.equal(comment.ofTree(), definitionOfTree())
})

test('the definition of a patch changes with its file and the kernel below it, and not with its name', () => {
  const own = (variant: string, hash: string, base = 'v6.8') =>
    definitionOf({ ...run('precheck', variant), patch: { hash, base } })
  assert.equal(own('my-yield', 'a'), own('my-other', 'a'))
  assert.notEqual(own('my-yield', 'a'), own('my-yield', 'b'))
  assert.notEqual(own('my-yield', 'a'), own('my-yield', 'a', 'v6.5'))
  const broken = changed('protocols/broken/b-stale.js', /return false/, 'return true')
  assert.equal(broken.of({ ...run('precheck', 'my-yield'), patch: { hash: 'a', base: 'v6.8' } }), own('my-yield', 'a'))
})

test('the record that the build made of a module is used as long as the text of the module is unchanged', () => {
  const folder = fileURLToPath(new URL('../../protocols', import.meta.url))
  const files = ['fault.js', 'catalogue.js', 'kernels.js', 'vm.js'].map((name) => join(folder, name))
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    const read = readUnits(file, text)
    const back = restored(JSON.parse(JSON.stringify(storedOf(read, text))), text)
    assert.deepEqual(plain(back!), plain(read), file)
    assert.ok(read.units.size + read.exports.size > 0, file)
    assert.equal(restored(storedOf(read, text), `${text} `), undefined, file)
  }
})

test('names that one statement declares stay one statement', () => {
  const text = 'export const a = 1, b = a;\n'
  const { units } = restored(storedOf(readUnits('x.js', text), text), text)!
  assert.deepEqual([...units.keys()], ['a', 'b'])
  assert.equal(units.get('a'), units.get('b'))
})

const plain = ({ units, effects, ...others }: ModuleUnits) => ({
  ...others,
  units: [...units].map(([name, { text, uses }]) => [name, text, [...uses]]),
  effects: effects.map(({ text, uses }) => [text, [...uses]]),
})
