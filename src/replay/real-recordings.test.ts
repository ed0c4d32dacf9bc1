import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { inferMemslots } from './infer-memslots.ts'
import type { KnownMemslots } from './memslots.ts'
import { readMemslots } from './read-memslots.ts'
import { readRecording } from './read-recording.ts'
import { tracePath } from './recorded.contract.ts'
import type { Recording } from './recording.ts'
import { summarise, type TraceSummary } from './summary.ts'

const NAMES = ['ksm', 'memslot', 'numa', 'unrelated', 'whole'] as const
type Name = (typeof NAMES)[number]

/** What the recorder itself noted down. */
type Noted = {
  readonly seconds: number
  readonly invalidations: number
  readonly threads: { readonly notifier: number; readonly memslots: number; readonly vcpus: readonly number[] }
  readonly memslots: readonly { readonly hva: string; readonly baseGfn: number }[]
}

const noted = (name: Name): Noted => JSON.parse(readFileSync(tracePath(`${name}.json`), 'utf8'))
const read = (name: Name): Promise<Recording> =>
  readRecording(tracePath(`${name}.trace.gz`), { keepStreams: false, stdin: () => assert.fail('stdin is not read') })

async function summaryOf(name: Name): Promise<TraceSummary> {
  const memslots = await readMemslots(tracePath(`${name}.json`))
  return summarise(await read(name), memslots!)
}

/** What `zcat | grep -c` counts. */
function grepped(name: Name, pattern: string): number {
  const pipe = 'zcat -- "$1" | grep -c -E -e "$2" || true'
  return Number(execFileSync('sh', ['-c', pipe, 'sh', tracePath(`${name}.trace.gz`), pattern], { encoding: 'utf8' }))
}

const countOf = (summary: TraceSummary, event: string) => summary.events.find(({ name }) => name === event)?.count ?? 0

function waits({ contention }: TraceSummary, role: string, flags: string) {
  return contention.find((row) => row.role === role && row.flags === flags)?.waitsNs
}

for (const name of NAMES) {
  test(`the summary of ${name} counts what grep counts`, async () => {
    const summary = await summaryOf(name)
    assert.equal(summary.lines, grepped(name, ''))
    assert.equal(summary.notUnderstood, 0)
    for (const event of ['kvm_mmu_set_spte', 'kvm_unmap_hva_range', 'kvm_mmu_prepare_zap_page', 'contention_begin']) {
      assert.equal(countOf(summary, event), grepped(name, `: ${event}: `), event)
    }
    assert.equal(summary.sptesSet, grepped(name, ': kvm_mmu_set_spte: '))
    assert.equal(summary.invalidations.count, grepped(name, ': kvm_unmap_hva_range: '))
    assert.equal(summary.faults?.count, grepped(name, 'spte [0-9a-f]*6[0-9a-f] '))
    for (const flags of new Set(summary.contention.map((row) => row.flags))) {
      const rows = summary.contention.filter((row) => row.flags === flags)
      const counted = rows.reduce((sum, row) => sum + row.waitsNs.count, 0)
      assert.equal(counted, grepped(name, `flags=${flags.replace('|', '\\|')}\\)`), flags)
    }
    assert.equal(summary.unpairedContention, 0)
  })

  test(`the summary of ${name} agrees with what its recorder noted`, async () => {
    const { seconds, threads, invalidations } = noted(name)
    const summary = await summaryOf(name)
    const pids = (role: string) => summary.threads.filter((thread) => thread.role === role).map(({ pid }) => pid)
    assert.deepEqual(pids('vcpu'), threads.vcpus)
    assert.deepEqual(pids('notifier'), [threads.notifier])
    assert.deepEqual(pids('memslot updater'), threads.memslots === 0 ? [] : [threads.memslots])
    assert.ok(Math.abs(summary.spanNs / 1e9 - seconds) < 0.01)
    // Write-protecting and releasing are two invalidations; those of `unrelated` are not the guest's.
    const raised = name === 'numa' || name === 'memslot' ? 2 * invalidations : invalidations
    const hits = summary.invalidations.count! - summary.invalidations.outsideMemslots!
    assert.equal(hits, name === 'unrelated' ? 0 : raised)
  })
}

test('the waits are those that the README of the recordings tells of', async () => {
  const ksm = await summaryOf('ksm')
  assert.equal(waits(ksm, 'vcpu', 'SPIN|WRITE')?.count, 391)
  assert.equal(waits(ksm, 'notifier', 'SPIN|WRITE')?.count, 426)
  assert.equal(waits(await summaryOf('unrelated'), 'notifier', 'SPIN|WRITE'), undefined)
  const told = { numa: [3523, 8.7], whole: [4722, 4.5], memslot: [6961, 44.8] } as const
  for (const [name, [count, ms]] of Object.entries(told)) {
    const waited = waits(await summaryOf(name as Name), 'vcpu', 'SPIN|WRITE')!
    assert.equal(waited.count, count, name)
    assert.equal(Number((waited.total / 1e6).toFixed(1)), ms, name)
  }
})

test('mmu_lock is the rwlock on which nearly all vCPUs wait', async () => {
  for (const name of NAMES) {
    const { mmuLock } = await summaryOf(name)
    const most = mmuLock!.contention.find(({ role }) => role === 'vcpu')!.waitsNs.count
    assert.equal(most, waitsBy(name, mmuLock!.address), name)
  }
})

/** By grep: how often the vCPUs began to wait for the lock. */
function waitsBy(name: Name, address: string): number {
  const [first, second] = noted(name).threads.vcpus
  return grepped(name, `-(${first}|${second}) .*contention_begin: ${address} `)
}

test('the distance between gfn and hva is inferred where invalidations made the guest fault again', async () => {
  for (const name of ['ksm', 'memslot', 'numa', 'whole'] as const) {
    const { origin, slots }: KnownMemslots = inferMemslots(await read(name))
    const [{ hva, baseGfn }] = noted(name).memslots as [{ hva: string; baseGfn: number }]
    assert.equal(origin, 'inferred', name)
    assert.equal(slots.length, 1, name)
    assert.equal(slots[0]!.hva - slots[0]!.baseGfn, Number(BigInt(hva) / 4096n) - baseGfn, name)
  }
})

test('where no invalidation hits the guest it is said that nothing can be inferred', async () => {
  const recording = await read('unrelated')
  const known = inferMemslots(recording)
  assert.equal(known.origin, 'assumed')
  assert.match(known.says, /^not inferable: /)
  assert.equal(recording.invalidations.outside(known.slots), recording.invalidations.length)
})
