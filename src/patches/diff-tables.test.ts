import assert from 'node:assert/strict'
import { test } from 'node:test'
import { B_EARLYDEC } from '../protocols/broken/b-earlydec.ts'
import { B_LATEINC } from '../protocols/broken/b-lateinc.ts'
import type { Variant } from '../protocols/kernel.ts'
import { diffTables } from './diff-tables.ts'

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
