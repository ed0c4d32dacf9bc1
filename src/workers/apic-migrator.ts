import { migrateApicPage } from '../protocols/apic/migration.ts'
import { HISTOGRAM } from '../protocols/counters.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** How often the host moves the APIC-access page, as data that can be sent to a worker. */
export type MigrationPlan = {
  readonly hva: number
  /** Between the end of one invalidation and the start of the next. */
  readonly pauseNs: number
  /** The duration of a move, in units of `move_page`. */
  readonly windowUnits: number
}

/** The role of a task of the host that moves the page under the APIC: compaction, NUMA balancing, KSM. */
export function* runApicMigrator(cpu: Cpu, vm: Vm, plan: MigrationPlan, isTimed: boolean): Steps<void> {
  const after = plan.windowUnits >> 1
  while (cpu.running()) {
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
    const beganNs = isTimed ? cpu.now() : 0
    yield* migrateApicPage(cpu, vm, plan.hva as Hva, plan.windowUnits - after, after)
    if (isTimed) cpu.record(HISTOGRAM.invalidation_latency_ns, cpu.now() - beganNs)
  }
}
