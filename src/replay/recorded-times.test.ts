import assert from 'node:assert/strict'
import test from 'node:test'
import type { KnownMemslots } from './memslots.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import { workloadOf } from './workload.ts'

const KNOWN: KnownMemslots = {
  origin: 'given',
  says: 'memslots as given',
  slots: [{ slot: 0, baseGfn: 0, hva: 0x7_f546_bc00, pages: 4096 }],
}
const [A, B] = ['CPU 0/KVM-100', 'CPU 1/KVM-101']
const timesOf = (lines: readonly string[]) => workloadOf(recorded(...lines), KNOWN, { speed: 1, notifiers: 4 }).times
const begins = (us: number, task: string) => line(task, us, 'contention_begin', '00000000a (flags=SPIN|WRITE)')
const ends = (us: number, task: string) => line(task, us, 'contention_end', '00000000a (ret=0)')

/** B waits for the fault of A; `spteUs` and `endUs`: when A sets its SPTE, and when B gets the lock. */
const contended = (at: number, spteUs: number, endUs: number) => [
  begins(at, B),
  setSpte(at + spteUs, (at / 1000) * 2, A),
  ends(at + endUs, B),
  setSpte(at + endUs + 1, (at / 1000) * 2 + 1, B),
]
const many = (count: number, from: number, of: (at: number) => readonly string[]) =>
  Array.from({ length: count }, (_, index) => of((from + index) * 1000)).flat()

test('holders that were interrupted before their SPTE are as frequent as they were among all faults', () => {
  const { toSpteNs } = timesOf([
    ...many(80, 0, (at) => contended(at, 1, 2)),
    ...many(20, 80, (at) => contended(at, 20, 21)),
  ])
  const long = toSpteNs.filter((ns) => Math.round(ns / 1000) === 20).length
  assert.equal((long / toSpteNs.length).toFixed(2), '0.10', '20 of 200 faults')
})

test('an interrupt tells how long a flush takes where no invalidation of a few pages does', () => {
  const usual = many(80, 0, (at) => contended(at, 1, 2))
  assert.equal(timesOf(usual).flush, null)
  const interrupted = many(9, 80, (at) => contended(at, 1, 18))
  assert.equal(timesOf([...usual, ...interrupted]).flush?.ns, 17_000)
})

test('holds that a clock of microseconds spreads keep their mean, and lose what the clock has added to their squares', () => {
  // Of 1.5 us each: one or two steps.
  const { toSpteNs } = timesOf(many(400, 0, (at) => contended(at, 1, 2 + ((at / 1000) % 2))))
  const mean = (values: Float64Array) => values.reduce((sum, ns) => sum + ns, 0) / values.length
  const { toReleaseNs } = timesOf(many(400, 0, (at) => contended(at, 1, 2 + ((at / 1000) % 2))))
  assert.equal(Math.round(mean(toReleaseNs)), 1500)
  const variance = mean(toReleaseNs.map((ns) => (ns - 1500) ** 2))
  assert.equal(Math.round(variance), Math.round(250_000 - 1e6 / 6))
  assert.equal(mean(toSpteNs), 1000, 'these are all alike')
})

test('the first fault in a block of 2 MiB since a zap of everything has a hold of its own', () => {
  const zap = (us: number) =>
    line('vmm-300', us, 'kvm_mmu_prepare_zap_page', 'sp gen 1 gfn 0 l1 8-byte q0 direct wux !nxe ad root 0 sync')
  const { toReleaseNs, firstReleaseNs } = timesOf(
    many(40, 0, (at) => [zap(at), ...contended(at + 100, 1, 13), ...contended(at + 200, 1, 2)]),
  )
  assert.deepEqual([firstReleaseNs.length, toReleaseNs.length], [40, 40])
  assert.ok(firstReleaseNs.every((ns) => ns > 11_000) && toReleaseNs.every((ns) => ns < 2000))
})

test('a wait beyond the next request of the holder is not counted as its hold', () => {
  const lines = many(100, 0, (at) => [
    begins(at, B),
    setSpte(at + 1, at / 1000, A),
    begins(at + 9, A),
    ends(at + 30, B),
    ends(at + 31, A),
    unmap(at + 500, 0x7_f546_bc00, 200),
  ])
  assert.equal(timesOf(lines).toReleaseNs.length, 0)
})
