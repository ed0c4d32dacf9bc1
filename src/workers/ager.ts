import { WORK_KIND } from '../protocols/costs.ts'
import { HISTOGRAM } from '../protocols/counters.ts'
import { type AgingKind, raiseAging } from '../protocols/mmu-notifier.ts'
import type { Vm } from '../protocols/vm.ts'
import { type Gfn, type Hva, hvaAdd } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** A task that queries which pages a guest uses, as data that can be sent to a worker. */
export type AgingPlan = {
  readonly kind: AgingKind
  readonly firstGfn: number
  readonly startHva: number
  readonly pages: number
  /** Entries of the host's page table that are looked at in one go, with a call for each; then the task pauses. */
  readonly batch: number
  readonly pauseNs: number
}

/** The role of a task of the host that ages the guest's memory, over and over: MGLRU, reclaim, DAMON, khugepaged. */
export function* runAger(cpu: Cpu, vm: Vm, plan: AgingPlan, isTimed: boolean): Steps<void> {
  let page = 0
  while (cpu.running()) {
    for (let done = 0; done < plan.batch && cpu.running(); done += 1) {
      const beganNs = isTimed ? cpu.now() : 0
      const pages = yield* ageEntry(cpu, vm, plan, page)
      if (isTimed) cpu.record(HISTOGRAM.aging_latency_ns, cpu.now() - beganNs)
      page = page + pages < plan.pages ? page + pages : 0
    }
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  }
}

/** One entry of the host's page table, of a page or of a huge page. How many pages that were. */
function* ageEntry(cpu: Cpu, vm: Vm, { kind, firstGfn, startHva, pages }: AgingPlan, page: number): Steps<number> {
  const covered = vm.host.coveredBy(vm.memslots.hostPageAtStart((firstGfn + page) as Gfn)!)
  const hva = (startHva + page) as Hva
  yield* cpu.work(WORK_KIND.change_pte, 1)
  yield* raiseAging(cpu, vm, kind, hva, hvaAdd(hva, Math.min(covered, pages - page)))
  return covered
}
