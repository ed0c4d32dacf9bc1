import type { Steps } from '../shared-memory/steps.ts'
import { assertFlushed, clearInvalidating, markInvalidating } from './assertions.ts'
import { COUNTER } from './counters.ts'
import { markLogged } from './dirty-log/oracles.ts'
import type { Kvm } from './kvm.ts'
import { assertInRcu, assertNextRoot, assertRootAlive, markFlushed } from './nx/oracles.ts'
import { NO_GFN } from './nx/recovery.ts'
import type { FaultResult } from './page-fault.ts'
import { assertCachesInvalid } from './pfncache/oracles.ts'
import { mayReschedule, stretchBegins, stretchEnds } from './without-resched.ts'

/** The table, with counters around the calls that figures depend on. */
export const counted = (kvm: Kvm): Kvm => ({
  ...kvm,

  *unmapGfnRange(cpu, vm, slot, start, end, mayBlock): Steps<boolean> {
    cpu.count(COUNTER.unmap_gfn_range_calls, 1)
    return yield* kvm.unmapGfnRange(cpu, vm, slot, start, end, mayBlock)
  },

  *vmSetMemAttributes(cpu, vm, start, end, attribute): Steps<void> {
    cpu.count(COUNTER.attribute_changes, 1)
    stretchBegins(cpu, vm)
    yield* kvm.vmSetMemAttributes(cpu, vm, start, end, attribute)
    stretchEnds(cpu, vm)
  },

  *stage2Destroy(cpu, vm): Steps<void> {
    stretchBegins(cpu, vm)
    yield* kvm.stage2Destroy(cpu, vm)
    stretchEnds(cpu, vm)
  },

  *condResched(cpu, vm): Steps<void> {
    yield* kvm.condResched(cpu, vm)
    mayReschedule(cpu, vm)
  },

  *tdpMmuIterCondResched(cpu, vm, iter, flush, shared): Steps<boolean> {
    const yielded = yield* kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, shared)
    mayReschedule(cpu, vm)
    return yielded
  },
})

/**
 * Wraps the table's functions with the parts that only oracles need: a variant's replacement is watched in the same way,
 * and reads like the kernel's function.
 */
export const watched = (kvm: Kvm): Kvm => ({
  ...kvm,

  *unmapGfnRange(cpu, vm, slot, start, end, mayBlock): Steps<boolean> {
    const local = vm.local[cpu.id]!
    // A flush pending from an earlier memslot is done only before invalidate_range_start returns: this memslot's zap is not responsible for it.
    const owed = local.pendingFlush
    local.pendingFlush = false
    markInvalidating(cpu, vm, start, end)
    const flush = yield* kvm.unmapGfnRange(cpu, vm, slot, start, end, mayBlock)
    local.pendingFlush = local.pendingFlush || owed
    return flush
  },

  *invalidateRangeStart(cpu, vm, start, end, mayBlock): Steps<void> {
    const local = vm.local[cpu.id]!
    local.mustNotBlock = !mayBlock
    yield* kvm.invalidateRangeStart(cpu, vm, start, end, mayBlock)
    local.mustNotBlock = false
    assertCachesInvalid(cpu, vm, start, end)
  },

  *invalidateEnd(cpu, vm): Steps<void> {
    clearInvalidating(cpu, vm)
    yield* kvm.invalidateEnd(cpu, vm)
  },

  *fastPageFault(cpu, vm, fault): Steps<FaultResult> {
    const result = yield* kvm.fastPageFault(cpu, vm, fault)
    // Whether or not it has logged the page: from here on the log is no longer required to get the bit.
    if (fault.isDirtyTracked) markLogged(cpu, vm)
    return result
  },

  *flushShadowMemslot(cpu, vm, slot): Steps<void> {
    yield* kvm.flushShadowMemslot(cpu, vm, slot)
    assertFlushed(cpu, vm, NO_GFN)
  },

  *zapGfnRange(cpu, vm, slot, start, end): Steps<void> {
    yield* kvm.zapGfnRange(cpu, vm, slot, start, end)
    assertFlushed(cpu, vm, start)
  },

  *flushRemoteTlbs(cpu, vm, cause): Steps<void> {
    yield* kvm.flushRemoteTlbs(cpu, vm, cause)
    vm.local[cpu.id]!.pendingFlush = false
    if (vm.nx !== undefined) markFlushed(cpu, vm.nx)
  },

  *tdpMmuZapLeafs(cpu, vm, root, start, end, canYield, flush): Steps<boolean> {
    const owed = yield* kvm.tdpMmuZapLeafs(cpu, vm, root, start, end, canYield, flush)
    if (vm.nx !== undefined) assertInRcu(cpu, vm.nx)
    return owed
  },

  *tdpMmuNextRoot(cpu, vm, before, onlyValid): Steps<number> {
    const next = yield* kvm.tdpMmuNextRoot(cpu, vm, before, onlyValid)
    if (vm.nx !== undefined) assertNextRoot(cpu, vm.nx, before, next)
    return next
  },

  *tdpMmuIterCondResched(cpu, vm, iter, flush, shared): Steps<boolean> {
    const yielded = yield* kvm.tdpMmuIterCondResched(cpu, vm, iter, flush, shared)
    // The kernel would continue in memory that has another owner. Here the walk ends, so that the run can report the violation.
    if (yielded && vm.nx !== undefined && !assertRootAlive(cpu, vm.nx, iter.root)) iter.valid = false
    return yielded
  },

  *tdpMmuAgeSpte(cpu, vm, iter): Steps<void> {
    if (vm.nx !== undefined) assertInRcu(cpu, vm.nx)
    yield* kvm.tdpMmuAgeSpte(cpu, vm, iter)
  },

  *tdpMmuZapPossibleNxHugePage(cpu, vm, page): Steps<boolean> {
    assertInRcu(cpu, vm.nx!)
    return yield* kvm.tdpMmuZapPossibleNxHugePage(cpu, vm, page)
  },

  *recoverNxHugePages(cpu, vm, mmu, toZap): Steps<number> {
    const done = yield* kvm.recoverNxHugePages(cpu, vm, mmu, toZap)
    assertFlushed(cpu, vm, NO_GFN)
    return done
  },
})
