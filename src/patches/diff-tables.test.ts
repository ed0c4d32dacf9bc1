import assert from 'node:assert/strict'
import { test } from 'node:test'
import { B_EARLYDEC } from '../protocols/broken/b-earlydec.ts'
import { B_LATEINC } from '../protocols/broken/b-lateinc.ts'
import type { Variant } from '../protocols/kernel.ts'
import { diffTables } from './diff-tables.ts'
import { moduleSource } from './sources/module-source.ts'
import { stripTypes } from './strip-types.ts'

/** Lines that are gone and lines that have come, blank ones apart. */
async function changed(variant: Variant) {
  const lines = (await diffTables(variant.on, variant, [])).split('\n')
  const of = (sign: string) =>
    lines
      .filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3)))
      .map((line) => line.slice(1).trim())
  return { gone: of('-').filter(Boolean), come: of('+').filter(Boolean) }
}

test('a variant that does the same things in another order is lines that have moved', async () => {
  const start = ['yield* countPair(cpu, vm)']
  assert.deepEqual(await changed(B_LATEINC), { gone: start, come: start })
  const end = ['yield* uncountPair(cpu, vm)']
  assert.deepEqual(await changed(B_EARLYDEC), { gone: end, come: end })
})

test('a type ends where the next declaration begins, also without an empty line', async () => {
  const types = [
    'type Answer = boolean',
    'interface Limit {\n  /** Of notifiers. */\n  readonly n: number\n}',
    "type A = 'x'\n  | 'y'",
  ]
  const code = ['const limit = { n: 2 } as Limit', 'function below(x: number): Answer { return x < limit.n }']
  const text = `import { patch } from 'faultline/kvm'\n${[...types, ...code].join('\n')}\n`
  const { declarations } = moduleSource('p.ts', text, await stripTypes(text, 'p.ts'))
  assert.deepEqual([...declarations.values()].map((one) => one.text).toSorted(), [...types, ...code].toSorted())
})
