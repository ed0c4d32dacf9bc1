import assert from 'node:assert/strict'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from './infer-memslots.ts'
import { readVms } from './read-recording.ts'
import { summarise, type TraceSummary } from './summary.ts'

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
  assert.match(summary!.warnings.join(), /40 lines of VM:5200 are a guest's/)
})

test('the page that PowerPC unmaps is one of the guest if its faults show where that lies', async () => {
  const [summary] = await summariesOf('ppc-unmap-hva')
  assert.equal(summary!.notUnderstood, 0)
  assert.deepEqual(
    [summary!.faults?.count, summary!.invalidations.count, summary!.invalidations.pages?.max],
    [44, 10, 1],
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
  assert.match(summary!.warnings.join(), /44 exits of guests are faults or accesses to devices .* not on which gfn/)
})

test('processes in place of threads are refused: vCPUs would be one', async () => {
  assert.match(await refusalOf('perf-script-processes'), /5200 is CPU 0\/KVM, CPU 1\/KVM.* by turns.*tid/)
})

test('lines of an unknown shape are not taken for the end of the line before', async () => {
  assert.match(await refusalOf('tracecmd-no-colon'), /152 lines that are not understood, and only 44 events/)
})

test('a header counts behind the time that a tool puts ahead of each line', async () => {
  const [summary] = await summariesOf('ts-prefixed')
  assert.equal(summary!.notUnderstood, 0)
  assert.match(summary!.warnings.join(), /304 older events were overwritten/)
})
