import assert from 'node:assert/strict'
import { test } from 'node:test'
import { B_HOIST } from './broken/b-hoist.ts'
import { B_LATEINC } from './broken/b-lateinc.ts'
import { VARIANTS } from './catalogue.ts'
import { V5_15, V6_5, V6_8, V6_18, V7_1, VERSIONS } from './kernels.ts'
import { onKernel, replacedBy, versionOf } from './on-kernel.ts'
import { LOOP, PRECHECK, TRYLOCK } from './variants/precheck.ts'

test('each version is the one before but for what it says that it changes', () => {
  for (const { name, kvm, before, changes } of VERSIONS) {
    if (before === undefined) continue
    const changed = Object.keys(kvm).filter((entry) => kvm[entry as never] !== before.kvm[entry as never])
    assert.deepEqual(changed.sort(), changes.map(({ entry }) => entry).sort(), name)
  }
})

test('a variant that replaces nothing is its own kernel, and can be put on no other', () => {
  const on = onKernel(PRECHECK, V6_8)
  assert.ok('kernel' in on)
  assert.deepEqual(on.kernel.kvm, V6_8.kvm)
  assert.deepEqual(onKernel(PRECHECK, V6_5), {
    refused: 'precheck is the unchanged v6.8: it has no change that could be applied to v6.5',
  })
})

test('a variant keeps its functions on a version that has the ones that it was written against', () => {
  const on = onKernel(TRYLOCK, V7_1)
  assert.ok('kernel' in on)
  assert.equal(on.kernel.kvm.tdpMmuPageFault, TRYLOCK.kvm.tdpMmuPageFault)
  assert.equal(on.kernel.kvm.mmuFaultinPfn, V7_1.kvm.mmuFaultinPfn)
})

test('a variant is refused by a version that has another function where it has its own, and told which', () => {
  const on = onKernel(B_LATEINC, VERSIONS[1]!)
  assert.ok('refused' in on)
  assert.match(on.refused, /^B-LATEINC replaces invalidateRangeStart of v6\.18, and v5\.12 has another one \(v6\.8: /)
})

test('a variant of a variant brings what both replace', () => {
  assert.equal(versionOf(B_HOIST), V6_8)
  assert.deepEqual(Object.keys(replacedBy(B_HOIST)).sort(), ['mmuFaultinPfn', 'mmuPageFault'])
  assert.ok('refused' in onKernel(B_HOIST, V6_5))
  assert.ok('kernel' in onKernel(LOOP, V6_5))
})

test('every variant fits the version that it changes', () => {
  for (const one of VARIANTS) assert.ok('kernel' in onKernel(one, versionOf(one)), one.name)
})

test('versions are told in order, the oldest first', () => {
  assert.equal(V6_18.before?.before, V6_8)
  assert.equal(V5_15.before?.before?.before, undefined)
})

test('a change names the commit that made it, and not another of its series', () => {
  const commitOf = (entry: string) =>
    VERSIONS.flatMap(({ changes }) => changes).find((change) => change.entry === entry)?.commit
  // "Alloc TDP MMU roots while holding mmu_lock for read", and not "Check for usable TDP MMU root while holding mmu_lock for read".
  assert.equal(commitOf('loadsRootUnder'), 'dab285e4ec73')
  // "Use standard mmu_notifier invalidate hooks for APIC access page".
  assert.equal(commitOf('invalidateRange'), '0a8a5f2c8c26')
  // "Retry APIC-access page reload if invalidation is in-progress".
  assert.equal(commitOf('reloadApicAccessPage'), '878940b33d76')
  // "Split huge pages mapped by the TDP MMU on fault".
  assert.equal(commitOf('tdpMmuSplitHugePage'), 'c4b33d28ea51')
})
