import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { assertFlushed } from './assertions.ts'
import { COUNTER } from './counters.ts'
import { beginPair, endPair, forgetPair, markWaking } from './memslots/oracles.ts'
import { SITE } from './sites.ts'
import type { Vm } from './vm.ts'

// mm/mmu_notifier.c: the core, which calls KVM. It tells lockdep that it holds mmu_notifier_invalidate_range_start
// meanwhile; that is not a lock, but represents those that the mm may hold.

const NO_GFN = -1 as Gfn

/** Calls KVM at the start of an invalidation of the hvas [start, end). `mayBlock`: the task may sleep, as all but the OOM reaper may. */
export function* notifyStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock = true): Steps<void> {
  cpu.count(COUNTER.invalidate_start, 1)
  vm.lockdep?.at(cpu, SITE.kvm_mmu_notifier_invalidate_range_start)
  beginPair(cpu, vm)
  yield* vm.kvm.invalidateRangeStart(cpu, vm, start, end, mayBlock)
  assertFlushed(cpu, vm, NO_GFN)
}

/** Calls KVM at its end. */
export function* notifyEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock = true): Steps<void> {
  cpu.count(COUNTER.invalidate_end, 1)
  vm.lockdep?.at(cpu, SITE.kvm_mmu_notifier_invalidate_range_end)
  markWaking(cpu, vm, true)
  yield* vm.kvm.invalidateRangeEnd(cpu, vm, start, end, mayBlock)
  markWaking(cpu, vm, false)
  endPair(cpu, vm)
}

/** `__mmu_notifier_invalidate_range_start()`. Returns whether KVM was called: it may have unregistered itself. */
export function* raiseStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock = true): Steps<boolean> {
  const section = yield* enterSubscriptions(cpu, vm)
  if (section === NOT_REGISTERED) return false
  vm.lockdep?.at(cpu, SITE.__mmu_notifier_invalidate_range_start)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.acquire(cpu)
  yield* notifyStart(cpu, vm, start, end, mayBlock)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.release(cpu)
  yield* leaveSubscriptions(cpu, vm, section)
  return true
}

/** `__mmu_notifier_invalidate_range_end()`, if KVM was called at the start. */
export function* raiseEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, mayBlock = true, wasCalled = true): Steps<void> {
  if (!wasCalled) return
  const section = yield* enterSubscriptions(cpu, vm)
  if (section === NOT_REGISTERED) {
    forgetPair(cpu, vm)
    return
  }
  vm.lockdep?.at(cpu, SITE.__mmu_notifier_invalidate_range_end)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.acquire(cpu)
  yield* notifyEnd(cpu, vm, start, end, mayBlock)
  if (vm.updates !== undefined) yield* vm.updates.pseudoLock.release(cpu)
  yield* leaveSubscriptions(cpu, vm, section)
}

/** The kind of query about which pages are in use. */
export type AgingKind = 'clear-flush-young' | 'clear-young' | 'test-young'

/** `__mmu_notifier_clear_flush_young()`, `_clear_young()`, `_test_young()`, of the hvas [start, end): whether the guest has used any. */
export function* raiseAging(cpu: Cpu, vm: Vm, kind: AgingKind, start: Hva, end: Hva): Steps<boolean> {
  const section = yield* enterSubscriptions(cpu, vm)
  if (section === NOT_REGISTERED) return false
  cpu.count(COUNTER.aging_calls, 1)
  let young = false
  if (kind === 'clear-flush-young') young = yield* vm.kvm.clearFlushYoung(cpu, vm, start, end)
  else if (kind === 'clear-young') young = yield* vm.kvm.clearYoung(cpu, vm, start, end)
  else young = yield* vm.kvm.testYoung(cpu, vm, start)
  yield* leaveSubscriptions(cpu, vm, section)
  if (young) cpu.count(COUNTER.aging_young, 1)
  return young
}

const NOT_REGISTERED = -1

/** `mn_hlist_invalidate_range_start()`: callbacks run under SRCU, and unregistering waits for them. */
function* enterSubscriptions(cpu: Cpu, vm: Vm): Steps<number> {
  const lifetime = vm.updates?.lifetime
  if (lifetime === undefined) return 0
  const section = yield* lifetime.srcu.readLock(cpu)
  // Pairs with the stores in createVm() and destroyVm().
  const registered = yield* cpu.load(lifetime.registered)
  if (registered === 1) return section
  yield* lifetime.srcu.readUnlock(cpu, section)
  return NOT_REGISTERED
}

function* leaveSubscriptions(cpu: Cpu, vm: Vm, section: number): Steps<void> {
  const lifetime = vm.updates?.lifetime
  if (lifetime !== undefined) yield* lifetime.srcu.readUnlock(cpu, section)
}
