import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { VARIANTS } from './catalogue.ts'

const here = dirname(fileURLToPath(import.meta.url)).replace(/([\\/])dist([\\/])/, '$1src$2')
const page = readFileSync(join(here, 'STEPS.md'), 'utf8')
const CODE = /(?<![\w.'])(?:[FSZENAMP]\d{1,2}|I\d\.\d)(?![\w.])/g

/** The codes in each file of the protocols, checks and roles, without those that number something else. */
function codesOf(folder: string): { readonly file: string; readonly codes: readonly string[] }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('costs.ts'))
    .map((name) => ({ file: name, codes: readFileSync(join(folder, name), 'utf8').match(CODE) ?? [] }))
}

test('every number of a step and of an invariant is explained in STEPS.md', () => {
  const known = new Set(page.match(CODE))
  for (const folder of [here, join(here, '../workers'), join(here, '../checker/checks')]) {
    for (const { file, codes } of codesOf(folder)) {
      const unknown = codes.filter((code) => !known.has(code))
      assert.deepEqual(unknown, [], `${file}: explain them in src/protocols/STEPS.md, or name the function instead`)
    }
  }
})

test('every system that a reference of a variant is of is explained there', () => {
  for (const { name, reference } of VARIANTS) {
    for (const [system] of reference.matchAll(/\bs\d/g)) assert.ok(page.includes(`\`${system}\``), `${name}: ${system}`)
  }
})
