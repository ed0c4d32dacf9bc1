import { COUNTER } from '../protocols/counters.ts'
import { NO_MEMSLOT } from '../protocols/memslots/memslot.ts'
import { ZAP_PAGE } from '../protocols/tracepoints.ts'
import type { Vm } from '../protocols/vm.ts'
import { zapSlotLeafs } from '../protocols/zap.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { publish, type RecordedPace, untilTurn } from './pace.ts'

/** The actions of a zapper, as data that can be sent to a worker. */
export type ZapPlan = RecordedZapPlan | RegionPlan

/** All that is mapped goes, at a recorded pace, as when a memslot is deleted (`kvm_mmu_zap_all_fast()`). */
export type RecordedZapPlan = {
  readonly kind: 'recorded'
  readonly atNs: Float64Array
  readonly pace: RecordedPace
  /** For so long at least mmu_lock is held for each. */
  readonly holdsNs: Float64Array
}

type RegionPlan = {
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
  if (plan.kind === 'recorded') yield* zapAtPace(cpu, vm, plan)
  else yield* zapRegion(cpu, vm, plan)
}

function* zapAtPace(cpu: Cpu, vm: Vm, { pace, holdsNs, atNs }: RecordedZapPlan): Steps<void> {
  let beganNs = 0
  for (let index = 0; index < holdsNs.length && cpu.running(); index += 1) {
    beganNs = yield* untilTurn(cpu, vm, pace, index, beganNs, atNs[index]!)
    yield* zapAll(cpu, vm, pace, holdsNs[index]!, index)
  }
}

/** The kernel frees its page tables one by one; here the leafs are removed, and the lock is held for as long as that took. */
function* zapAll(cpu: Cpu, vm: Vm, pace: RecordedPace, holdNs: number, index: number): Steps<void> {
  const canYield = vm.config.preempt === 'full' || vm.config.preempt === 'lazy'
  yield* vm.mmuLock.writeLock(cpu)
  vm.config.note?.(cpu.id, ZAP_PAGE, index & 1, 0)
  let flush = false
  let slot = yield* vm.memslots.nextOf(cpu, NO_MEMSLOT)
  while (slot !== NO_MEMSLOT) {
    flush = yield* zapSlotLeafs(cpu, vm, slot, flush, canYield)
    slot = yield* vm.memslots.nextOf(cpu, slot)
  }
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_memslot)
  // Faults may come from now on, and find the lock taken: the kernel invalidates its roots first.
  yield* publish(cpu, vm, index + 1, !pace.hasCore)
  yield* cpu.untilTime(cpu.now() + holdNs)
  vm.config.note?.(cpu.id, ZAP_PAGE, index & 1, 0)
  yield* vm.mmuLock.writeUnlock(cpu)
}

function* zapRegion(cpu: Cpu, vm: Vm, plan: RegionPlan): Steps<void> {
  const end = plan.firstGfn + plan.pages
  let from = plan.firstGfn
  while (cpu.running()) {
    const to = Math.min(from + plan.chunk, end)
    if (plan.kind === 'zap') yield* zapPiece(cpu, vm, from as Gfn, to as Gfn)
    else yield* wrprotPiece(cpu, vm, from as Gfn, to as Gfn)
    from = to === end ? plan.firstGfn : to
    if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
  }
}

/** A piece of the region, in one function: threads call it compiled. */
function* zapPiece(cpu: Cpu, vm: Vm, from: Gfn, to: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, from)
  if (slot !== NO_MEMSLOT) yield* vm.kvm.zapGfnRange(cpu, vm, slot, from, to)
}

function* wrprotPiece(cpu: Cpu, vm: Vm, from: Gfn, to: Gfn): Steps<void> {
  const slot = yield* vm.memslots.find(cpu, from)
  if (slot !== NO_MEMSLOT) yield* vm.kvm.wrprotGfnRange(cpu, vm, from, to)
}
