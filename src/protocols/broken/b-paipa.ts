import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { pfnAdd } from '../host-mm.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import { type FaultResult, FIXED } from '../page-fault.ts'
import { goDown, makeBlockEntry } from '../stage2/map.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Stage2Vm } from '../vm.ts'

/**
 * v6.2 to v6.3: the walker advances the page as soon as it has made a leaf, and the IPA when it has read the entry again.
 *
 *   vCPU 0, whose memslot is not logged          vCPU 1, whose memslot is
 *   -----------------------------------          ------------------------
 *   makes the block; the page goes on by a block
 *                                                breaks the block, links a table of pages
 *   reads the entry again: a table. Goes down:
 *   maps the first page to the next block's
 */
export const B_PAIPA = variant({
  name: 'B-PAIPA',
  subject: 'icache',
  on: V6_18,
  kind: 'broken',
  reference: 's2, v6.2 to v6.3, mended by Oliver Upton',
  says: 'the walk counts the page and the IPA on in two places, and a table that another fault links comes between them',
  caughtBy: [],
  unseenBecause: 'it takes a memslot whose logging begins between two faults, which no load does',
  replaces: { stage2Map: countOnTwice },
})

function* countOnTwice(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const ptep = vm.stage2.tables.blockEntry(fault.gfn)
  const old = yield* cpu.loadAcquire(ptep)
  const made = yield* makeBlockEntry(cpu, vm, fault, ptep, old)
  if (made !== FIXED) return made
  const pfn = fault.pages > 1 ? pfnAdd(fault.pfn, fault.pages) : fault.pfn
  return yield* goDown(cpu, vm, fault, ptep, pfn)
}
