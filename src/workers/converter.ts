import { ATTRIBUTE_PRIVATE, ATTRIBUTE_SHARED } from '../protocols/attributes/mem-attributes.ts'
import { HISTOGRAM } from '../protocols/counters.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Gfn } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'

/** The conversions of a VMM, as data that can be sent to a worker. */
export type ConversionPlan = {
  readonly firstGfn: number
  readonly pages: number
  /** Gfns of one KVM_SET_MEMORY_ATTRIBUTES; the last is shorter. */
  readonly chunk: number
  readonly pauseNs: number
  /** Before the first pause. */
  readonly startNs: number
  /** Whether the pages of guest_memfd are freed when their gfns are shared again (FALLOC_FL_PUNCH_HOLE). */
  readonly punches: boolean
}

/** The role of a VMM whose guest asks it to make memory private, piece by piece, and shared again. */
export function* runConverter(cpu: Cpu, vm: Vm, plan: ConversionPlan, isTimed: boolean): Steps<void> {
  if (vm.attributes === undefined || !vm.kvm.hasMemoryAttributes) return
  const end = plan.firstGfn + plan.pages
  if (plan.startNs > 0) yield* cpu.untilTime(plan.startNs)
  for (
    let attribute = ATTRIBUTE_PRIVATE;
    cpu.running();
    attribute = attribute === ATTRIBUTE_PRIVATE ? ATTRIBUTE_SHARED : ATTRIBUTE_PRIVATE
  ) {
    for (let from = plan.firstGfn; from < end && cpu.running(); from += plan.chunk) {
      const [first, last] = [from as Gfn, Math.min(from + plan.chunk, end) as Gfn]
      if (plan.pauseNs > 0) yield* cpu.untilTime(cpu.now() + plan.pauseNs)
      const beganNs = isTimed ? cpu.now() : 0
      yield* vm.kvm.vmSetMemAttributes(cpu, vm, first, last, attribute)
      if (attribute === ATTRIBUTE_SHARED && plan.punches) yield* vm.kvm.gmemPunchHole(cpu, vm, first, last)
      if (isTimed) cpu.record(HISTOGRAM.attribute_change_ns, cpu.now() - beganNs)
    }
  }
}
