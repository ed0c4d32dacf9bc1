import { assertUnmapped } from '../../protocols/assertions.ts'
import { pfnOfPte } from '../../protocols/host-mm.ts'
import { deleteMemslot } from '../../protocols/memslots/update-memslot.ts'
import { notifyEnd, notifyStart } from '../../protocols/mmu-notifier.ts'
import { CONTINUE, Fault } from '../../protocols/page-fault.ts'
import { invalidateRetry } from '../../protocols/retry.ts'
import type { Vm } from '../../protocols/vm.ts'
import type { Gfn, Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'

/** Below the hvas, so that not even a range of hvas that is read half set, its end still INVALID_GPA, can hold it. */
export const GFN = 0x1000
export const HVA = 0x2000

/** Pages that are mapped before any other actor takes a step: all but the first. */
export const MAPPED = 4

/** A property of the lockless user. Its number is above the oracles of any patch. */
export const STALE_ACCEPTED = 1 << 16

const starts = (cpu: Cpu, vm: Vm, page: number) => notifyStart(cpu, vm, (HVA + page) as Hva, (HVA + page + 1) as Hva)
const ends = (cpu: Cpu, vm: Vm, page: number) => notifyEnd(cpu, vm, (HVA + page) as Hva, (HVA + page + 1) as Hva)

export function* mapAll(cpu: Cpu, vm: Vm): Steps<void> {
  const fault = new Fault()
  for (let page = 1; page <= MAPPED; page += 1) {
    fault.begin((GFN + page) as Gfn, true)
    yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }
}

export function* startsOnly(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 0)
}

export function* endsOneOfTwo(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 1)
  yield* ends(cpu, vm, 1)
  yield* starts(cpu, vm, 2)
}

/** The page of the outer pair moves when the inner one is over. */
export function* invalidatesWithin(cpu: Cpu, vm: Vm): Steps<void> {
  yield* starts(cpu, vm, 1)
  yield* starts(cpu, vm, 3)
  yield* ends(cpu, vm, 3)
  assertUnmapped(cpu, vm, (GFN + 1) as Gfn, (GFN + 2) as Gfn)
  yield* vm.host.migrate(cpu, vm.memslots.hostPageAtStart((GFN + 1) as Gfn)!, 1)
  yield* ends(cpu, vm, 1)
}

/**
 * Takes a page and uses `mmu_invalidate_retry()` without mmu_lock, as powerpc HV and the gfn_to_pfn caches do: if the
 * count is 0, every invalidation that has ended must show in the sequence.
 */
export function* takePageLockless(cpu: Cpu, vm: Vm): Steps<boolean> {
  const slot = yield* vm.memslots.find(cpu, GFN as Gfn)
  const seq = yield* cpu.load(vm.invalidateSeq)
  yield* cpu.barrier(RMB)
  const page = yield* vm.memslots.hostPage(cpu, slot, GFN as Gfn)
  const pte = yield* vm.host.faultin(cpu, page)
  const accepts = yield* acceptsLockless(cpu, vm, seq, page, pte)
  yield* vm.host.release(cpu, pfnOfPte(page, pte))
  return accepts
}

/** The same with a page that is not counted: nothing orders the look at its entry but the barrier after the sequence. */
export function* takeUncountedPage(cpu: Cpu, vm: Vm): Steps<boolean> {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  fault.slot = yield* vm.memslots.find(cpu, fault.gfn)
  const result = yield* vm.kvm.mmuFaultinPfn(cpu, vm, fault)
  if (result !== CONTINUE) return false
  return yield* acceptsLockless(cpu, vm, fault.seq, fault.hostPage, fault.hostPte)
}

/**
 * The negation of `mmu_invalidate_retry()`, after a private look at the count. If the count was 0 for all CPUs by then, an accepted page must not be
 * stale: the sequence is read before the count. A user that reads a 0 from before the invalidation has accepted before it, and is notified by it.
 */
function* acceptsLockless(cpu: Cpu, vm: Vm, seq: number, page: number, pte: number): Steps<boolean> {
  const inProgress = yield* cpu.load(vm.invalidateInProgress)
  if (inProgress !== 0) return false
  const isStale = cpu.peek(vm.invalidateInProgress) === 0 && vm.host.peekPte(cpu, page) !== pte
  const retry = yield* invalidateRetry(cpu, vm, seq)
  if (!retry && isStale) cpu.violation(STALE_ACCEPTED, GFN)
  return !retry
}

/** Waits until no invalidation of the gfn is in progress; gives up on a signal, like every loop in the kernel. */
export function* pollPrecheck(cpu: Cpu, vm: Vm): Steps<void> {
  const fault = new Fault()
  fault.begin(GFN as Gfn, false)
  for (;;) {
    fault.seq = yield* cpu.load(vm.invalidateSeq)
    const retry = yield* vm.kvm.invalidateRetryGfnUnsafe(cpu, vm, fault.seq, fault.gfn)
    if (!retry || cpu.signalPending()) return
  }
}

/** The memslot goes in which the page is. */
export function* deletesSlot(cpu: Cpu, vm: Vm): Steps<void> {
  yield* deleteMemslot(cpu, vm, 0)
}
