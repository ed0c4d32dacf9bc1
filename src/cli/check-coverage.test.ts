import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { checkedVariants } from '../checker/checks/checked-variants.ts'
import { loadChecks } from '../checker/load-checks.ts'

for (const { name, variants, unchecked, configurations } of await loadChecks()) {
  test(`${name}: every variant that can be measured is in the check, or is left out for a reason`, () => {
    const checked = new Set([...variants.map((one) => one.name), ...Object.keys(unchecked ?? {})])
    const scenario = SCENARIOS.find((one) => one.name === name)!
    assert.deepEqual(
      scenario.variants.map((one) => one.name).filter((one) => !checked.has(one)),
      [],
    )
  })

  test(`${name}: each fault is expected in a configuration that exists`, () => {
    const known = configurations.map((one) => one.name)
    for (const one of variants) {
      const named = one.kind === 'broken' && one.in !== undefined ? [one.in].flat() : []
      assert.deepEqual(
        named.filter((where) => !known.includes(where)),
        [],
        one.name,
      )
    }
  })
}

// The compiler must refuse the line after each of these comments; if it does not, the comment is an error itself.
const FOUND = {
  'B-OLDPFN': { finds: ['stale_apic_write'] },
  'B-NOSNAP': { finds: ['stale_apic_write'] },
  'B-LOSTREQ': { finds: ['stale_apic_entry'] },
  'B-SKIPFLUSH': { finds: ['stale_use'] },
  'B-REQAFTER': { finds: ['stale_apic_entry'] },
} as const
const MISSPELT = [
  // @ts-expect-error: B-APICLEAK is missing
  () => checkedVariants('apic-page', 're-request', FOUND),
  // @ts-expect-error: no variant
  () => checkedVariants('apic-page', 're-request', { ...FOUND, 'B-APICLEKA': { finds: ['page_ref_leak'] } }),
  // @ts-expect-error: no finding
  () => checkedVariants('apic-page', 're-request', { ...FOUND, 'B-APICLEAK': { finds: ['page_ref_laek'] } }),
  // @ts-expect-error: no good variant to begin with
  () => checkedVariants('apic-page', 're-requset', { ...FOUND, 'B-APICLEAK': { finds: ['page_ref_leak'] } }),
]

test('a check that lacks a variant, or misspells one or what it finds, does not compile', () => {
  assert.equal(MISSPELT.length, 4)
})
