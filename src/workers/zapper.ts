import { NO_MEMSLOT } from '../protocols/memslots/memslots.ts'
import type { Vm } from '../protocols/vm.ts'
import { wrprotGfnRange, zapGfnRange } from '../protocols/zap.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** What a zapper does, as data that can be sent to a worker. */
export type ZapPlan = {
  /** `zap`: takes leafs away, as for a change of memory types. `wrprot`: takes write permission, as a dirty log does. */
  readonly kind: 'zap' | 'wrprot'
  readonly firstGfn: number
  readonly pages: number
  /** Gfns a call. */
  readonly chunk: number
  readonly pauseNs: number
}

/** The role of KVM itself when it zaps or write-protects a region, piece by piece, over and over. */
export function* runZapper(cpu: Cpu, vm: Vm, plan: ZapPlan): Steps<void> {
  const end = plan.firstGfn + plan.pages
  let from = plan.firstGfn
  while (cpu.running()) {
    const to = Math.min(from + plan.chunk, end)
    const slot = yield* vm.memslots.find(cpu, from as Gfn)
    if (slot !== NO_MEMSLOT && plan.kind === 'zap') yield* zapGfnRange(cpu, vm, slot, from as Gfn, to as Gfn)
    if (slot !== NO_MEMSLOT && plan.kind === 'wrprot') yield* wrprotGfnRange(cpu, vm, from as Gfn, to as Gfn)
    from = to === end ? plan.firstGfn : to
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  }
}
