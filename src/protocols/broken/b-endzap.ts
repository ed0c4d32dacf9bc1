import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { NO_MEMSLOT } from '../memslots/memslot.ts'
import { assertSlotsKept, markSlots } from '../memslots/oracles.ts'
import { countPair, uncountPair } from '../notifier.ts'
import type { Vm } from '../vm.ts'

/**
 * s0.end_zap, as Bibo Mao asked: the range is held off from the start on, and zapped at its end only. But when the start returns the caller
 * frees the pages: from then on no vCPU may use them.
 *
 *   vCPU                                   notifier
 *   ----                                   --------
 *   has the page in its TLB
 *                                          start: nothing is zapped
 *                                          changes the PTE, frees the page
 *   uses the freed page
 *                                          end: zaps, flushes
 */
export const B_ENDZAP = variant({
  name: 'B-ENDZAP',
  subject: 'precheck',
  on: V6_18,
  kind: 'broken',
  reference: 's0.end_zap, Bibo Mao',
  says: 'the range is zapped at the end of the invalidation instead of its start',
  caughtBy: ['skipped_leaf', 'stale_use'],
  load: { shape: 'stream' },
  replaces: { invalidateRangeStart: startWithoutZap, invalidateRangeEnd: endWithZap },
})

function* startWithoutZap(cpu: Cpu, vm: Vm, start: Hva, end: Hva, _mayBlock: boolean): Steps<void> {
  yield* countPair(cpu, vm)

  const idx = yield* vm.srcu.readLock(cpu)
  markSlots(cpu, vm)
  let locked = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  while (slot !== NO_MEMSLOT) {
    if (!locked) {
      locked = true
      yield* vm.mmuLock.writeLock(cpu)
      yield* vm.kvm.invalidateBegin(cpu, vm)
    }
    const first = yield* vm.memslots.firstGfn(cpu, slot, start)
    const last = yield* vm.memslots.endGfn(cpu, slot, end)
    yield* vm.kvm.invalidateRangeAdd(cpu, vm, first, last)
    slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
  }
  if (locked) yield* vm.mmuLock.writeUnlock(cpu)
  yield* vm.srcu.readUnlock(cpu, idx)
  cpu.count(locked ? COUNTER.invalidate_mmu_lock : COUNTER.invalidate_elided, 1)
}

function* endWithZap(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock: boolean): Steps<void> {
  const idx = yield* vm.srcu.readLock(cpu)
  assertSlotsKept(cpu, vm)
  let flush = false
  let slot = yield* vm.memslots.firstOverlapping(cpu, start, end)
  if (slot !== NO_MEMSLOT) {
    cpu.count(COUNTER.invalidate_mmu_lock, 1)
    yield* vm.mmuLock.writeLock(cpu)
    while (slot !== NO_MEMSLOT) {
      const first = yield* vm.memslots.firstGfn(cpu, slot, start)
      const last = yield* vm.memslots.endGfn(cpu, slot, end)
      const zapped = yield* vm.kvm.unmapGfnRange(cpu, vm, slot, first, last, mayBlock)
      flush = flush || zapped
      slot = yield* vm.memslots.nextOverlapping(cpu, slot, start, end)
    }
    if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_range_end_of_zap)
    yield* vm.kvm.invalidateEnd(cpu, vm)
    yield* vm.mmuLock.writeUnlock(cpu)
  }
  yield* vm.srcu.readUnlock(cpu, idx)

  yield* uncountPair(cpu, vm)
}
