import { usePfnCache } from '../protocols/pfncache/refresh.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** Which cache of the VM a task uses, as data that can be sent to a worker. */
export type PfnCachePlan = { readonly cache: number; readonly pauseNs: number }

/** The role of a task of KVM that writes to a page of the guest by a gfn_to_pfn_cache, over and over: a clock, a timer, an event channel. */
export function* runPfnCacheUser(cpu: Cpu, vm: Vm, { cache: index, pauseNs }: PfnCachePlan): Steps<void> {
  const cache = vm.pfnCaches!.list[index]!
  while (cpu.running()) {
    const used = yield* usePfnCache(cpu, vm, cache)
    if (!used) yield* vm.kvm.gpcRefresh(cpu, vm, cache)
    if (pauseNs > 0) yield* cpu.untilTime(cpu.now() + pauseNs)
  }
}
