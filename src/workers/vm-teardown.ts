import { HISTOGRAM } from '../protocols/counters.ts'
import { prefault } from '../protocols/fault.ts'
import { mmuNotifierRelease } from '../protocols/memslots/release.ts'
import { Fault, type FaultResult, FIXED, SPURIOUS } from '../protocols/page-fault.ts'
import { Stage2Fault } from '../protocols/stage2/page-fault.ts'
import { isStage2, type Stage2Vm, type Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** A VM that comes and goes, as data that can be sent to a worker. */
export type TeardownPlan = {
  /** The VM of the machine; no other role may use it. */
  readonly vm: number
  /** The memory that is mapped each time. */
  readonly firstGfn: number
  readonly pages: number
  /** From one page to the next that is mapped: blocks of arm64 are mapped whole. */
  readonly stride?: number
  readonly pauseNs: number
}

/** The role of a process that has a VM, maps its memory and exits, over and over. */
export function* runTeardown(cpu: Cpu, vm: Vm, plan: TeardownPlan, isTimed: boolean): Steps<void> {
  const map = isStage2(vm) ? prefaultStage2(cpu, vm) : prefaultX86(cpu, vm)
  while (cpu.running()) {
    for (let page = 0; page < plan.pages && cpu.running(); ) {
      const result = yield* map((plan.firstGfn + page) as Gfn)
      if (result === FIXED || result === SPURIOUS) page += plan.stride ?? 1
    }
    const beganNs = isTimed ? cpu.now() : 0
    yield* mmuNotifierRelease(cpu, vm)
    if (isTimed) cpu.record(HISTOGRAM.vm_teardown_ns, cpu.now() - beganNs)
    // The work of RCU's softirq: frees the page tables, some of which the next VM takes.
    if (vm.nx !== undefined) {
      yield* vm.nx.reclaim(cpu)
      yield* vm.nx.reclaim(cpu)
    }
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  }
}

/** One try to map a page. */
type Prefault = (gfn: Gfn) => Steps<FaultResult>

function prefaultX86(cpu: Cpu, vm: Vm): Prefault {
  const fault = new Fault()
  return function* (gfn): Steps<FaultResult> {
    fault.begin(gfn, false)
    const idx = yield* vm.srcu.readLock(cpu)
    const result = yield* prefault(cpu, vm, fault)
    yield* vm.srcu.readUnlock(cpu, idx)
    return result
  }
}

/** The VMM loads an image, as the first vCPU writes it. */
function prefaultStage2(cpu: Cpu, vm: Stage2Vm): Prefault {
  const fault = new Stage2Fault(vm.stage2.vcpus[0]!)
  return function* (gfn): Steps<FaultResult> {
    fault.beginAccess(gfn, false)
    return yield* vm.kvm.userMemAbort(cpu, vm, fault)
  }
}
