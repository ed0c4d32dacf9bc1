import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CHECKS } from '../checker/checks/all.ts'
import { VARIANTS } from '../protocols/catalogue.ts'
import { variant } from '../protocols/kernel.ts'
import { V6_8 } from '../protocols/kernels.ts'
import { PRECHECK } from '../protocols/variants/precheck.ts'
import { valuesOf } from './parameters.ts'
import { scenario, scenarioVariants } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'
import precheck from './scenarios/precheck.ts'

// A declaration with a name misspelt does not compile, where the compiler can know the name; the others fail a test.

const good = {
  name: 'good',
  subject: 'precheck',
  on: V6_8,
  kind: 'good',
  reference: '',
  says: '',
  replaces: {},
} as const
const broken = { ...good, kind: 'broken', caughtBy: [] } as const
const asked = { ...precheck, variants: scenarioVariants('precheck'), parameters: {}, presets: undefined as never }

// The compiler must refuse the line after each of these comments; if it does not, the comment is an error itself.
const MISSPELT = [
  // @ts-expect-error: no function of the kernel
  () => variant({ ...good, replaces: { isPageFaultStael: PRECHECK.kvm.isPageFaultStale } }),
  // @ts-expect-error: no scenario
  () => variant({ ...good, subject: 'prechek' }),
  // @ts-expect-error: no oracle that it violates as it was posted
  () => variant({ ...good, objections: ['sleep_in_atmoic'] }),
  // @ts-expect-error: no oracle that catches it
  () => variant({ ...broken, caughtBy: ['stale_instal'] }),
  // @ts-expect-error: no kernel
  () => variant({ ...good, on: 'v6.8' }),
  // @ts-expect-error: nothing that catches it is named
  () => variant({ ...good, kind: 'broken' }),
  // @ts-expect-error: no variant to compare
  () => scenario({ ...asked, headline: ['no-precheck', 'prechek'] }),
  // @ts-expect-error: no metric that decides
  () => scenario({ ...asked, decides: [{ metric: 'fault_per_second', reads: '', means: '' }] }),
  // @ts-expect-error: no protocol that a variant runs
  () => scenario({ ...asked, variants: [{ ...asked.variants[0]!, protocol: 'no-prechek' }] }),
]

test('names of functions, scenarios, oracles, metrics and variants that are misspelt do not compile', () => {
  assert.equal(MISSPELT.length, 9)
})

test('every variant has a name of its own', () => {
  const names = VARIANTS.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
})

test('every variant that is declared is in the catalogue', async () => {
  const protocols = fileURLToPath(new URL('../protocols', import.meta.url))
  const listed = new Set<unknown>(VARIANTS)
  for (const folder of ['broken', 'variants']) {
    for (const file of readdirSync(join(protocols, folder)).filter((name) => /^[^.]*\.js$/.test(name))) {
      const exported = (await import(pathToFileURL(join(protocols, folder, file)).href)) as Record<string, unknown>
      for (const [name, value] of Object.entries(exported)) {
        const isVariant = typeof value === 'object' && value !== null && 'replaces' in value
        assert.ok(!isVariant || listed.has(value), `add ${name} of ${folder}/${file} to VARIANTS in catalogue.ts`)
      }
    }
  }
})

for (const one of SCENARIOS) {
  test(`${one.name}: the load that shows a broken variant has known parameters and valid values`, () => {
    const crew = ['vcpus', 'notifiers', 'zappers']
    for (const each of one.variants) {
      if (each.kind !== 'broken') continue
      const set = Object.fromEntries(Object.entries(each.load).filter(([key]) => !crew.includes(key)))
      assert.doesNotThrow(() => valuesOf(one.parameters, {}, set), `the load of ${each.name}`)
    }
  })
}

test('with --arrival open accesses arrive at the given rate, in every scenario that supports it', () => {
  const crew = { vcpus: 2, notifiers: 1, zappers: 0 }
  const arrival = { kind: 'open', ratePerSecond: 1000 } as const
  for (const one of SCENARIOS) {
    if (one.kind !== 'vm' || one.refuses?.includes('arrival')) continue
    const { roles } = one.load({ values: valuesOf(one.parameters, {}, {}), crew, arrival, seed: 1, sampleEvery: 0 })
    const everyNs = roles.map((role) =>
      role.role === 'vcpu' && 'everyNs' in role.accesses ? role.accesses.everyNs : 0,
    )
    assert.deepEqual(everyNs.filter(Boolean), [1e6, 1e6], one.name)
  }
})

test('a check looks for a fault in one of its own configurations', () => {
  for (const { name, variants, configurations } of CHECKS) {
    const known = configurations.map((one) => one.name)
    for (const variant of variants) {
      if (variant.kind !== 'broken' || variant.in === undefined) continue
      for (const where of [variant.in].flat()) {
        assert.ok(
          known.includes(where),
          `${name} has no configuration '${where}', in which ${variant.name} is to be found`,
        )
      }
    }
  }
})

test('the load that shows a broken variant is one of its scenario', () => {
  for (const { name, variants, parameters } of SCENARIOS) {
    for (const variant of variants) {
      const load = variant.kind === 'broken' ? Object.keys(variant.load) : []
      for (const key of load.filter((one) => one !== 'notifiers')) {
        assert.ok(Object.hasOwn(parameters, key), `${variant.name} sets '${key}', which ${name} does not have`)
      }
    }
  }
})
