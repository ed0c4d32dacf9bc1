import { HISTOGRAM } from '../protocols/counters.ts'

import { createVm } from '../protocols/memslots/teardown.ts'
import { createMemslot, deleteMemslot } from '../protocols/memslots/update-memslot.ts'
import { ORACLE } from '../protocols/oracles.ts'
import type { Vm } from '../protocols/vm.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { publish } from './pace.ts'

/** The memslot changes of a VMM thread, as data that can be sent to a worker. */
export type MemslotUpdatePlan =
  | LifetimePlan
  | {
      /** Adds each of the slots, one after the other, and removes each, over and over. */
      readonly kind: 'toggle'
      readonly ids: readonly number[]
      readonly pauseNs: number
    }
  | {
      /** Removes the slot at recorded times, and adds it again at once. */
      readonly kind: 'recorded'
      readonly id: number
      /** Empty: as fast as it can be done, over and over. */
      readonly atNs: Float64Array
    }

/** The VM itself: it is there for so long, and then destroyed. */
type LifetimePlan = { readonly kind: 'lifetime'; readonly privateSlot: number; readonly lifeNs: number }

/** An update that has not been done after so long, and then only because the run was over, was starved. */
const STARVED_NS = 100_000_000

/** The role of a VMM that changes the memory of its guest: PCI BARs, ballooning by slots, VGA. */
export function* runMemslotUpdater(cpu: Cpu, vm: Vm, plan: MemslotUpdatePlan, isTimed: boolean): Steps<void> {
  if (plan.kind === 'lifetime') yield* comeAndGo(cpu, vm, plan)
  else if (plan.kind === 'toggle') yield* toggle(cpu, vm, plan.ids, plan.pauseNs, isTimed)
  else yield* replay(cpu, vm, plan.id, plan.atNs, isTimed)
}

/** The role of the owner of the last reference to a VM. The last VM is left there. */
function* comeAndGo(cpu: Cpu, vm: Vm, { privateSlot, lifeNs }: LifetimePlan): Steps<void> {
  yield* createVm(cpu, vm, privateSlot)
  while (cpu.running()) {
    if (lifeNs > 0) yield* cpu.untilTime(cpu.now() + lifeNs)
    yield* vm.kvm.destroyVm(cpu, vm, privateSlot)
    yield* createVm(cpu, vm, privateSlot)
  }
}

function* toggle(cpu: Cpu, vm: Vm, ids: readonly number[], pauseNs: number, isTimed: boolean): Steps<void> {
  for (let isThere = false; cpu.running(); isThere = !isThere) {
    for (const id of ids) {
      if (!cpu.running()) return
      yield* update(cpu, vm, id, isThere, isTimed)
      if (pauseNs > 0) yield* cpu.untilTime(cpu.now() + pauseNs)
    }
  }
}

function* replay(cpu: Cpu, vm: Vm, id: number, atNs: Float64Array, isTimed: boolean): Steps<void> {
  yield* createMemslot(cpu, vm, id)
  for (let index = 0; cpu.running() && (index < atNs.length || atNs.length === 0); index += 1) {
    if (atNs.length > 0) yield* cpu.untilTime(atNs[index]!)
    yield* update(cpu, vm, id, true, isTimed)
    yield* update(cpu, vm, id, false, isTimed)
    if (vm.progress.length > 0) yield* publish(cpu, vm, index + 1, true)
  }
}

function* update(cpu: Cpu, vm: Vm, id: number, isThere: boolean, isTimed: boolean): Steps<void> {
  const beganNs = cpu.now()
  if (isThere) yield* deleteMemslot(cpu, vm, id)
  else yield* createMemslot(cpu, vm, id)
  const tookNs = cpu.now() - beganNs
  if (isTimed) cpu.record(HISTOGRAM.memslot_update_latency_ns, tookNs)
  // Notifiers stop for a waiting update once the run is over: see runNotifier().
  if (tookNs > STARVED_NS && cpu.signalPending()) cpu.violation(ORACLE.updater_starved, Math.round(tookNs / 1e6))
}
