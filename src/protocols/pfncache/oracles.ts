import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { pfnOfPte } from '../host-mm.ts'
import { ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import type { PfnCache } from './pfncache.ts'

/** KVM uses the page, with the lock of the cache held for read: it is still the one that the host has there. */
export function assertCached(cpu: Cpu, vm: Vm, cache: PfnCache): void {
  if (!vm.config.oracles) return
  const pte = vm.host.peekPte(cpu, cache.hostPage)
  const isCurrent = pte === cpu.peek(cache.pte) && pfnOfPte(cache.hostPage, pte) === cpu.peek(cache.pfn)
  if (!isCurrent) cpu.violation(ORACLE.stale_pfncache, cache.uhva)
}

/** invalidate_range_start has returned: until the end no cache of the range is valid, and none becomes so. */
export function assertCachesInvalid(cpu: Cpu, vm: Vm, start: Hva, end: Hva): void {
  if (!vm.config.oracles || vm.pfnCaches === undefined) return
  for (const cache of vm.pfnCaches.list) {
    const isInside = cache.uhva >= start && cache.uhva < end
    if (isInside && cpu.peek(cache.valid) !== 0) cpu.violation(ORACLE.stale_pfncache, cache.uhva)
  }
}
