import assert from 'node:assert/strict'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from './infer-memslots.ts'
import { readVms } from './read-recording.ts'
import { summarise, type TraceSummary } from './summary.ts'
import { type Workload, workloadOf } from './workload.ts'

const FOLDER = fileURLToPath(new URL('../../testdata/variants', import.meta.url))

async function summariesOf(name: string): Promise<readonly TraceSummary[]> {
  const stdin = () => assert.fail('stdin is not read')
  const found = await readVms(`${FOLDER}/${name}.txt.gz`, { keepStreams: false, stdin })
  return found.map(({ recording, vm }) => summarise(recording, chooseMemslots(recording, undefined), name, vm))
}

async function refusalOf(name: string): Promise<string> {
  const error: unknown = await summariesOf(name).then(
    () => assert.fail(`${name} was read`),
    (reason) => reason,
  )
  assert.ok(error instanceof ReplayError, String(error))
  return `${error.message} ${error.hint}`
}

const shapeOf = ({ faults, invalidations, mmuLock, threads }: TraceSummary) => ({
  faults: faults?.count ?? null,
  invalidations: invalidations.count,
  outside: invalidations.outsideMemslots,
  waits: mmuLock?.contention.reduce((sum, { waitsNs }) => sum + waitsNs.count, 0) ?? 0,
  vcpus: threads.filter(({ role }) => role === 'vcpu').map(({ pid }) => pid),
})
const BASE = { faults: 44, invalidations: 10, outside: 0, waits: 5, vcpus: [5201, 5202] }

for (const [name, says] of [
  ['riscv-vcpu-exit', 'the exits that RISC-V traces for each vCPU are faults'],
  ['lockdep-events', 'a lock that lockdep names mmu_lock is waited for from lock_contended to lock_acquired'],
  ['arm64-mmio', 'accesses to devices on arm64 are no faults of memory'],
  ['nested', 'faults of a nested guest are left out'],
] as const) {
  test(says, async () => assert.deepEqual((await summariesOf(name)).map(shapeOf), [BASE]))
}

test('lines that perf marks as a guest own are left out and said', async () => {
  const [summary, ...others] = await summariesOf('perf-script-host-and-guest')
  assert.deepEqual([shapeOf(summary!), others], [BASE, []])
  assert.match(summary!.warnings.join(), /40 lines of VM:5200 were recorded by a guest/)
})

test('each page that PowerPC unmaps is an invalidation of its own', async () => {
  const [summary] = await summariesOf('ppc-unmap-hva')
  assert.equal(summary!.notUnderstood, 0)
  assert.deepEqual(
    [summary!.faults?.count, summary!.invalidations.count, summary!.invalidations.pages?.max],
    [44, 40, 1],
  )
})

test('what ksmd raises belongs to the VM whose memory the faults show there', async () => {
  const summaries = await summariesOf('two-vms-ksmd')
  assert.deepEqual(summaries.map(shapeOf), [BASE, { ...BASE, vcpus: [6201, 6202] }])
  assert.deepEqual(
    summaries.flatMap(({ warnings }) => warnings),
    [],
  )
})

test('exits for faults without their addresses are said, and are no faults on gfns', async () => {
  const [summary] = await summariesOf('exits-only')
  assert.equal(summary!.faults, null)
  assert.match(
    summary!.warnings.join(),
    /44 exits of guests are faults or accesses to devices .* their gfns are unknown/,
  )
})

test('processes in place of threads are refused: vCPUs would be one', async () => {
  assert.match(await refusalOf('perf-script-processes'), /5200 is CPU 0\/KVM, CPU 1\/KVM.* in turn.*tid/)
})

test('lines of an unknown shape are not taken for the end of the line before', async () => {
  assert.match(await refusalOf('tracecmd-no-colon'), /152 lines that are not understood, and only 44 events/)
})

test('a header counts behind the time that a tool puts ahead of each line', async () => {
  const [summary] = await summariesOf('ts-prefixed')
  assert.equal(summary!.notUnderstood, 0)
  assert.match(summary!.warnings.join(), /304 older events were overwritten/)
})

async function workloadFrom(name: string): Promise<Workload> {
  const stdin = () => assert.fail('stdin is not read')
  const [found] = await readVms(`${FOLDER}/${name}.txt.gz`, { keepStreams: true, stdin })
  const { recording } = found!
  return workloadOf(recording, chooseMemslots(recording, undefined), { speed: 1, notifiers: 4 })
}

for (const [name, played, says] of [
  ['attributes', 10, /10 changes of memory attributes removed pages .* each is replayed/],
  ['ksm-set-spte', 40, /40 kvm_set_spte_hva removed pages .* each is replayed/],
  ['guest-memfd', 10, /10 walks of KVM's own .* each is replayed/],
] as const) {
  test(`what takes pages away without a range is played, and every fault after it (${name})`, async () => {
    const { plays, notifiers, warnings, invalidations } = await workloadFrom(name)
    assert.deepEqual(plays, { faults: 44, outsideMemslots: 0, stillMapped: 0, firstTouches: 12, caused: 32 })
    assert.equal(notifiers[0]!.invalidations.atNs.length, played)
    assert.equal(invalidations, 0, 'no kvm_unmap_hva_range is in the recording')
    assert.match(warnings.join(), says)
  })
}

test('a kvm_set_spte_hva behind the invalidation of its page is part of that', async () => {
  const { notifiers, warnings, invalidations } = await workloadFrom('ksm-range-and-set-spte')
  assert.deepEqual([notifiers[0]!.invalidations.atNs.length, invalidations], [40, 40])
  assert.match(warnings.join(), /40 kvm_set_spte_hva follow the invalidation of the same page/)
})

test('a table that a huge leaf takes the place of takes no page away', async () => {
  const [summary] = await summariesOf('collapse')
  assert.deepEqual(summary!.removals.own, { events: 0, leafs: 0, pages: 0 })
  assert.equal((await workloadFrom('collapse')).notifiers[0]!.invalidations.atNs.length, 10)
})

test('what KVM itself takes away is what faults waited for after it', async () => {
  const [summary] = await summariesOf('guest-memfd')
  assert.equal(summary!.mmuLock?.waitedFor.zap.count, 5)
})

test('faults of every architecture are played, each after what took its page away', async () => {
  for (const name of ['riscv-vcpu-exit', 'ppc-unmap-hva', 'arm64-mmio', 'lockdep-events']) {
    const { plays } = await workloadFrom(name)
    assert.deepEqual(plays, { faults: 44, outsideMemslots: 0, stillMapped: 0, firstTouches: 12, caused: 32 }, name)
  }
})
