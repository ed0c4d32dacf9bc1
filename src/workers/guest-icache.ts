import { BROADCAST_KIND } from '../protocols/costs.ts'
import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The I-cache invalidations of a guest itself, as data that can be sent to a worker. */
export type GuestIcachePlan = {
  /** IC IVAUs in a row, and how often. */
  readonly lines: number
  readonly everyNs: number
  readonly isTimed: boolean
}

/** The role of one more vCPU, whose guest compiles code and makes it executable: KVM sees nothing of it, and no lock helps. */
export function* runGuestIcache(cpu: Cpu, plan: GuestIcachePlan): Steps<void> {
  let dueNs = cpu.now()
  while (cpu.running()) {
    // One that comes late is not made up for.
    dueNs = Math.max(dueNs + plan.everyNs, cpu.now())
    yield* cpu.untilTime(dueNs)
    const beganNs = plan.isTimed ? cpu.now() : 0
    cpu.count(COUNTER.guest_icache_lines, plan.lines)
    yield* cpu.broadcast(BROADCAST_KIND.ic_ivau, plan.lines)
    yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
    if (plan.isTimed) cpu.record(HISTOGRAM.guest_icache_ns, cpu.now() - beganNs)
  }
}
