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

test('what a waiter waits longer than until the holder asks again is no hold', () => {
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
