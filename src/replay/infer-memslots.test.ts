import assert from 'node:assert/strict'
import test from 'node:test'
import { chooseMemslots, inferMemslots } from './infer-memslots.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'

const HVA = 0x7_f546_bc00

/** A guest faults on gfns again after each page of the VMM that is dropped. */
function dropsAndFaults(gfns: readonly number[], hvaOf: (gfn: number) => number): string[] {
  const first = gfns.map((gfn, index) => setSpte(index, gfn))
  const again = gfns.flatMap((gfn, index) => [unmap(1000 + index * 2, hvaOf(gfn), 1), setSpte(1001 + index * 2, gfn)])
  return [...first, ...again]
}

const gfnsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index * 7)

test('the two halves of the memory of a PC are found', () => {
  const gfns = [...gfnsFrom(0x100, 400), ...gfnsFrom(0x100000, 200)]
  const hvaOf = (gfn: number) => HVA + (gfn < 0xc0000 ? gfn : gfn - 0x40000)
  const { origin, slots } = inferMemslots(recorded(...dropsAndFaults(gfns, hvaOf)))
  assert.equal(origin, 'inferred')
  assert.deepEqual(
    slots.map(({ hva, baseGfn }) => hva - baseGfn),
    [HVA, HVA - 0x40000],
  )
  assert.ok(gfns.every((gfn) => slots.some(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)))
})

test('a gfn that is mapped again after its page table was zapped is no evidence', () => {
  const gfns = gfnsFrom(0x100, 100)
  const zap = (us: number) => line('kvm-2', us, 'kvm_mmu_prepare_zap_page', 'sp gen 0 gfn 0 l1')
  const lines = gfns.flatMap((gfn, index) => [
    setSpte(index * 4, gfn),
    unmap(index * 4 + 1, HVA + index * 999, 1),
    zap(index * 4 + 2),
    setSpte(index * 4 + 3, gfn),
  ])
  const known = inferMemslots(recorded(...lines))
  assert.equal(known.origin, 'assumed')
  assert.match(known.says, /^not inferable: no gfn was mapped again/)
})

test('faults that follow no pattern give no mapping', () => {
  const gfns = gfnsFrom(0x100, 300)
  const lines = dropsAndFaults(gfns, (gfn) => HVA + ((gfn * 7_919) % 1_000_003))
  const known = inferMemslots(recorded(...lines))
  assert.equal(known.origin, 'assumed')
  assert.match(known.says, /^not inferable: no distance hva - gfn explains a quarter/)
})

test('without any fault there is no memslot', () => {
  assert.deepEqual(inferMemslots(recorded(unmap(1, HVA, 1))).slots, [])
})

test('huge pages and faults by address are evidence too', () => {
  const fault = (us: number, gfn: number) =>
    line('CPU 0/KVM-100', us, 'kvm_page_fault', `vcpu 0 rip 0x0 address 0x${(gfn * 4096).toString(16)} error_code 0x6`)
  const huge = (us: number, gfn: number) =>
    line('CPU 0/KVM-100', us, 'kvm_mmu_set_spte', `gfn ${gfn.toString(16)} spte 80e7 (rwxu) level 2 at 1000`)
  for (const map of [fault, huge]) {
    const gfns = Array.from({ length: 64 }, (_, index) => 0x800 + index * 512)
    const lines = gfns.flatMap((gfn, index) => [
      map(index * 3, gfn),
      unmap(index * 3 + 1, HVA + gfn, 512),
      map(index * 3 + 2, gfn),
    ])
    const { slots } = inferMemslots(recorded(...lines))
    assert.deepEqual(
      slots.map(({ hva, baseGfn }) => hva - baseGfn),
      [HVA],
    )
  }
})

test('what a recording tells counts more than a guess, and less than what is given', () => {
  const slots = [{ slot: 0, baseGfn: 0, hva: 7, pages: 4096 }]
  const given = { origin: 'given', says: '', slots } as const
  const guessed = { origin: 'guessed', says: '', slots } as const
  const informative = recorded(...dropsAndFaults(gfnsFrom(0x100, 100), (gfn) => HVA + gfn))
  const silent = recorded(setSpte(1, 1))
  assert.equal(chooseMemslots(informative, given), given)
  assert.equal(chooseMemslots(informative, guessed).origin, 'inferred')
  assert.equal(chooseMemslots(silent, guessed), guessed)
  assert.equal(chooseMemslots(silent, undefined).origin, 'assumed')
})
