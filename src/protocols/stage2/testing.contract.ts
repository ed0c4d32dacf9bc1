// For tests: a small VM on a stage-2 table, whose actors take the steps of system 2 in the order that a test wants.
import type { Gfn } from '../../shared-memory/addresses.ts'
import { GRANULES, type Granule } from '../../shared-memory/page-tables/stage2-pte.ts'
import { ACCESSED } from '../guest-access.ts'
import type { Kernel } from '../kernel.ts'
import { CONTINUE, type FaultResult } from '../page-fault.ts'
import { type Act, BASE_HVA, SmallVm } from '../testing.contract.ts'
import { THRESHOLD } from '../variants/icache.ts'
import type { Stage2Vm } from '../vm.ts'
import { accessStage2 } from './guest.ts'
import { assertRefaultEnds } from './oracles.ts'
import { Stage2Fault } from './page-fault.ts'

/** Where blocks of every granule begin. */
const BLOCK_GFN = 1 << 16

/** Two blocks of 2 MiB, which the host maps as `isHuge` says. */
export function smallStage2(acts: readonly Act[], kernel: Kernel = THRESHOLD, isHuge = true): SmallVm {
  return stage2Of('4k', acts, kernel, isHuge)
}

export function stage2Of(
  granule: Granule,
  acts: readonly Act[],
  kernel: Kernel,
  isHuge: boolean,
  hasTlbRange = false,
  takesMmapLock = false,
): SmallVm {
  return new SmallVm(acts, kernel, {
    vcpus: acts.length,
    memslots: [{ slot: 0, baseGfn: BLOCK_GFN, hva: BASE_HVA, pages: GRANULES[granule].entries * 2 }],
    isHuge: () => isHuge,
    stage2: { granule, iminLine: 4, scale: 1, hasTlbRange, takesMmapLock },
  })
}

/** More faults in a row than any correct protocol takes in these tests. */
const MOST_FAULTS = 60

/** The guest writes to a page of the memslot, or executes it, with as many faults as it takes. */
function access(isExec: boolean, page: number): Act {
  return function* (cpu, vm) {
    const stage2Vm = vm as Stage2Vm
    const fault = new Stage2Fault(stage2Vm.stage2.vcpus[cpu.id]!)
    fault.beginAccess((BLOCK_GFN + page) as Gfn, isExec)
    let result: FaultResult = CONTINUE
    for (let faults = 0; faults < MOST_FAULTS; faults += 1) {
      const access = yield* accessStage2(cpu, stage2Vm, fault)
      if (access === ACCESSED) return faults
      if (faults > 0) assertRefaultEnds(cpu, stage2Vm, fault, result)
      result = yield* vm.kvm.userMemAbort(cpu, stage2Vm, fault)
    }
    return MOST_FAULTS
  }
}

export const writes = (page: number): Act => access(false, page)
export const executes = (page: number): Act => access(true, page)
