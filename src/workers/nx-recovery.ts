import { COUNTER, HISTOGRAM } from '../protocols/counters.ts'
import { SHADOW, TDP } from '../protocols/nx/mmu-pages.ts'
import type { Nx } from '../protocols/nx/nx.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The module parameters of KVM, as data that can be sent to a worker. */
export type RecoveryPlan = {
  /** nx_huge_pages_recovery_ratio: one page in this many is recovered in a round; 0: none. */
  readonly ratio: number
  /** nx_huge_pages_recovery_period_ms; the next round is due so long after the last has ended. */
  readonly periodNs: number
  /** Rounds after which the worker ends; 0: it never ends. */
  readonly rounds: number
  readonly isTimed: boolean
}

/** The role of the `kvm-nx-lpage-recovery` thread: repeatedly sleeps for a period and recovers a share of the pages. */
export function* runNxRecovery(cpu: Cpu, vm: Vm, plan: RecoveryPlan): Steps<void> {
  const { nx } = vm
  if (nx === undefined) return
  for (let round = 0; cpu.running() && (plan.rounds === 0 || round < plan.rounds); round += 1) {
    if (plan.periodNs > 0) yield* cpu.untilTime(cpu.now() + plan.periodNs)
    const beganNs = plan.isTimed ? cpu.now() : 0
    markRound(cpu, nx)
    yield* countListed(cpu, nx)
    yield* vm.kvm.nxHugePageRecoveryWorker(cpu, vm, plan.ratio)
    markRound(cpu, nx)
    if (plan.isTimed) cpu.record(HISTOGRAM.nx_round_ns, cpu.now() - beganNs)
    // The work of RCU's softirq: frees the tables of this round as soon as no vCPU can be in them.
    yield* nx.reclaim(cpu)
    yield* nx.reclaim(cpu)
  }
}

/** Even <-> odd, for the vCPUs that sort their faults by it. */
function markRound(cpu: Cpu, nx: Nx): void {
  cpu.poke(nx.round, cpu.peek(nx.round) + 1)
}

export const isRoundUnderWay = (round: number): boolean => (round & 1) === 1

/** The pages that could be recovered, by MMU: the fairness of a round depends on them. */
function* countListed(cpu: Cpu, nx: Nx): Steps<void> {
  const tdp = yield* cpu.load(nx.lists[TDP].nrTdp)
  const shadow = yield* cpu.load(nx.lists[SHADOW].nrShadow)
  cpu.count(COUNTER.nx_rounds, 1)
  cpu.count(COUNTER.nx_listed_tdp, tdp)
  cpu.count(COUNTER.nx_listed_shadow, shadow)
}
