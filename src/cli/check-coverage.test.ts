import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { loadChecks } from '../checker/load-checks.ts'

for (const { name, variants, unchecked } of await loadChecks()) {
  test(`${name}: every variant that can be measured is in the check, or is left out for a reason`, () => {
    const checked = new Set([...variants.map((one) => one.name), ...Object.keys(unchecked ?? {})])
    const scenario = SCENARIOS.find((one) => one.name === name)!
    assert.deepEqual(
      scenario.variants.map((one) => one.name).filter((one) => !checked.has(one)),
      [],
    )
  })
}
