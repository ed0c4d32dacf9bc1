import type { Hva } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { pfnOfPte } from '../host-mm.ts'
import type { Vm } from '../vm.ts'
import { assertCached } from './oracles.ts'
import type { PfnCache } from './pfncache.ts'

// virt/kvm/pfncache.c, since v5.19 (58cd407ca4c6).

/** `kvm_gpc_check()`, and the page is used if it may be. Whether it was; else it is for gpcRefresh(). */
export function* usePfnCache(cpu: Cpu, vm: Vm, cache: PfnCache): Steps<boolean> {
  yield* cache.lock.readLock(cpu)
  const valid = yield* cpu.read(cache.valid)
  if (valid === 1) {
    yield* cpu.work(WORK_KIND.guest_access, 1)
    assertCached(cpu, vm, cache)
    cpu.count(COUNTER.pfncache_uses, 1)
  }
  yield* cache.lock.readUnlock(cpu)
  return valid === 1
}

/** `kvm_gpc_refresh()`. False: there are no such caches, or the run is at its end; the kernel's does not look for a signal. */
export function* gpcRefresh(cpu: Cpu, vm: Vm, cache: PfnCache): Steps<boolean> {
  yield* cache.refreshLock.acquire(cpu)
  yield* cache.lock.writeLock(cpu)
  const done = yield* hvaToPfnRetry(cpu, vm, cache)
  yield* cache.lock.writeUnlock(cpu)
  yield* cache.refreshLock.release(cpu)
  return done
}

/** `hva_to_pfn_retry()`, with the lock of the cache held for write, which is dropped while the page is looked up. */
function* hvaToPfnRetry(cpu: Cpu, vm: Vm, cache: PfnCache): Steps<boolean> {
  // A check by another task must not find the old page.
  yield* cpu.write(cache.valid, 0)
  cpu.count(COUNTER.pfncache_refreshes, 1)
  for (;;) {
    const seq = yield* cpu.read(vm.invalidateSeq)
    // The sequence is read before the pfn. Pairs with the barrier in invalidateEnd().
    yield* cpu.barrier(RMB)
    yield* cache.lock.writeUnlock(cpu)
    const pte = yield* vm.host.faultin(cpu, cache.hostPage)
    const pfn = pfnOfPte(cache.hostPage, pte)
    yield* cache.lock.writeLock(cpu)
    const retry = yield* vm.kvm.mmuNotifierRetryCache(cpu, vm, seq)
    if (!retry) {
      yield* cpu.write(cache.valid, 1)
      yield* cpu.write(cache.pfn, pfn)
      cpu.poke(cache.pte, pte)
    }
    // From here on invalidations reach the cache: it needs no reference.
    yield* vm.host.release(cpu, pfn)
    if (!retry) return true
    cpu.count(COUNTER.pfncache_retries, 1)
    if (cpu.signalPending()) return false
  }
}

/**
 * `mmu_notifier_retry_cache()`: whether an invalidation of any range is between start and end, or has ended since `seq`. It is not in_progress
 * that is looked at: caches are invalidated before that is raised.
 */
export function* mmuNotifierRetryCache(cpu: Cpu, vm: Vm, seq: number): Steps<boolean> {
  const active = yield* cpu.read(vm.mnActiveInvalidateCount)
  if (active !== 0) return true
  // The count is read before the sequence. Pairs with the barrier in invalidateEnd().
  yield* cpu.barrier(RMB)
  const seqNow = yield* cpu.read(vm.invalidateSeq)
  return seqNow !== seq
}

/**
 * S3: `gfn_to_pfn_cache_invalidate_start()`, since v6.9 (9fa336e343b2): after the pair is counted, and before mmu_lock is taken. Of most caches nothing
 * is to be changed, and a user of one that stays valid is not held up.
 */
export function* gfnToPfnCacheInvalidateStart(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  const { gpcLock, list } = vm.pfnCaches!
  yield* gpcLock.acquire(cpu)
  for (const cache of list) {
    yield* cache.lock.readLock(cpu)
    const isAffected = yield* isValidIn(cpu, cache, start, end)
    yield* cache.lock.readUnlock(cpu)
    // Between the two locks it may have changed, so it is looked at again.
    if (isAffected) yield* invalidatePfnCache(cpu, cache, start, end)
  }
  yield* gpcLock.release(cpu)
}

/** One cache, with its lock held for write. */
export function* invalidatePfnCache(cpu: Cpu, cache: PfnCache, start: Hva, end: Hva): Steps<void> {
  yield* cache.lock.writeLock(cpu)
  const isAffected = yield* isValidIn(cpu, cache, start, end)
  if (isAffected) {
    yield* cpu.write(cache.valid, 0)
    cpu.count(COUNTER.pfncache_invalidated, 1)
  }
  yield* cache.lock.writeUnlock(cpu)
}

function* isValidIn(cpu: Cpu, cache: PfnCache, start: Hva, end: Hva): Steps<boolean> {
  const valid = yield* cpu.read(cache.valid)
  return valid === 1 && cache.uhva >= start && cache.uhva < end
}

/** The step of an invalidation's start that invalidates the caches of the VM, if it has any. */
export function* invalidatePfnCaches(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<void> {
  if (vm.pfnCaches !== undefined) yield* vm.kvm.gfnToPfnCacheInvalidateStart(cpu, vm, start, end)
}
