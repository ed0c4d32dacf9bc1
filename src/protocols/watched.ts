import type { Steps } from '../shared-memory/steps.ts'
import { COUNTER } from './counters.ts'
import type { Kvm } from './kvm.ts'
import { assertFlushed, clearInvalidating, markInvalidating } from './oracles.ts'

/** The table with its calls counted that figures are told by. */
export const counted = (kvm: Kvm): Kvm => ({
  ...kvm,

  *unmapGfnRange(cpu, vm, slot, start, end, mayBlock): Steps<boolean> {
    cpu.count(COUNTER.unmap_gfn_range_calls, 1)
    return yield* kvm.unmapGfnRange(cpu, vm, slot, start, end, mayBlock)
  },
})

/**
 * The table with what only oracles need wrapped around its functions: whatever a variant puts in their place is watched alike, and
 * reads as the kernel's does.
 */
export const watched = (kvm: Kvm): Kvm => ({
  ...kvm,

  *unmapGfnRange(cpu, vm, slot, start, end, mayBlock): Steps<boolean> {
    const local = vm.local[cpu.id]!
    // What an earlier memslot owes is flushed before invalidate_range_start returns, and no sooner: it owes nothing to this one.
    const owed = local.pendingFlush
    local.pendingFlush = false
    markInvalidating(cpu, vm, start, end)
    const flush = yield* kvm.unmapGfnRange(cpu, vm, slot, start, end, mayBlock)
    local.pendingFlush = local.pendingFlush || owed
    return flush
  },

  *invalidateEnd(cpu, vm): Steps<void> {
    clearInvalidating(cpu, vm)
    yield* kvm.invalidateEnd(cpu, vm)
  },

  *zapGfnRange(cpu, vm, slot, start, end): Steps<void> {
    yield* kvm.zapGfnRange(cpu, vm, slot, start, end)
    assertFlushed(cpu, vm, start)
  },
})
