import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Cpu, RMB } from '../../shared-memory/cpu.ts'
import { isLeaf, isTable, S2_W, S2_X, tableOf } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { WORK_KIND } from '../costs.ts'
import { COUNTER } from '../counters.ts'
import { ACCESSED, type Access, FAULT_NOT_PRESENT, FAULT_PROTECTION } from '../guest-access.ts'
import type { Stage2Vm } from '../vm.ts'
import { doubtAbout, hostPteBehind, NO_DOUBT } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'
import type { Stage2Vcpu } from './vcpu.ts'

const NOWHERE = -1

/** The guest writes to a page or fetches an instruction from it: through the TLB, else by the hardware's walk. */
export function* accessStage2(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<Access> {
  const { gfn, vcpu } = fault
  const { tables } = vm.stage2
  const block = tables.blockOf(gfn)
  cpu.count(COUNTER.guest_accesses, 1)
  yield* cpu.work(WORK_KIND.guest_access, 1)
  if (fault.isExec) yield* refillIcache(cpu, vm, vcpu)
  for (;;) {
    let at = vcpu.tlb.find(gfn, block)
    if (at === NOWHERE) at = yield* walk(cpu, vm, vcpu, gfn)
    if (at === NOWHERE) {
      fault.faultPages = 0
      return FAULT_NOT_PRESENT
    }
    // A CPU that sends a TLBI waits until it is done here: what follows is no older than this.
    yield* cpu.barrier(RMB)
    const doubt = doubtAbout(cpu, vm, fault, at)
    // If no TLBI has come, the translation is valid, and the entry was unchanged until this line. Pairs with flushIpa().
    const epoch = yield* cpu.load(vm.stage2.tlbEpoch(gfn))
    if (epoch !== vcpu.tlb.epoch(at)) {
      vcpu.tlb.drop(at)
      continue
    }
    if ((vcpu.tlb.pte(at) & (fault.isExec ? S2_X : S2_W)) === 0) {
      fault.faultPages = vcpu.tlb.pages(at)
      return FAULT_PROTECTION
    }
    if (doubt !== NO_DOUBT) cpu.violation(doubt, gfn)
    return ACCESSED
  }
}

/** The hardware's walk of the table; caches the translation. */
function* walk(cpu: Cpu, vm: Stage2Vm, vcpu: Stage2Vcpu, gfn: Gfn): Steps<number> {
  const { tables } = vm.stage2
  const block = tables.blockOf(gfn)
  // Before the entries: a TLBI during the walk makes its result invalid.
  const epoch = yield* cpu.loadAcquire(vm.stage2.tlbEpoch(gfn))
  const blockPte = yield* cpu.loadAcquire(tables.blockEntry(gfn))
  if (isLeaf(blockPte)) {
    const hostPte = hostPteBehind(cpu, vm, blockPte)
    return vcpu.tlb.fill(tables.firstGfnOf(block), tables.entries, block, blockPte, epoch, hostPte)
  }
  if (!isTable(blockPte)) return NOWHERE
  const pte = yield* cpu.loadAcquire(tables.pageEntry(tableOf(blockPte), gfn))
  if (!isLeaf(pte)) return NOWHERE
  return vcpu.tlb.fill(gfn, 1, block, pte, epoch, hostPteBehind(cpu, vm, pte))
}

/** All I-caches were invalidated, by whomever on the machine: what this one held has to be fetched again. */
function* refillIcache(cpu: Cpu, vm: Stage2Vm, vcpu: Stage2Vcpu): Steps<void> {
  const epoch = yield* cpu.loadAcquire(vm.stage2.icacheEpoch)
  if (epoch === vcpu.icacheEpoch) return
  vcpu.icacheEpoch = epoch
  cpu.count(COUNTER.icache_refills, 1)
  yield* cpu.work(WORK_KIND.icache_refill, 1)
}
