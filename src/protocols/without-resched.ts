import type { Cpu } from '../shared-memory/cpu.ts'
import { HISTOGRAM } from './counters.ts'
import type { Vm } from './vm.ts'

// How long a kernel task keeps the CPU without a scheduling point: the watchdog reports a soft lockup after 20 s. A
// preemptible kernel has no such time, as it can be interrupted anywhere except under a spinlock.

const NONE = -1

export function stretchBegins(cpu: Cpu, vm: Vm): void {
  if (!vm.config.lockStatistics || vm.preemptible) return
  const local = vm.local[cpu.id]!
  local.reschedAtNs = cpu.now()
  local.withoutReschedNs = 0
}

/** A point at which it could. */
export function mayReschedule(cpu: Cpu, vm: Vm): void {
  const local = vm.local[cpu.id]!
  if (local.reschedAtNs === NONE) return
  const nowNs = cpu.now()
  local.withoutReschedNs = Math.max(local.withoutReschedNs, nowNs - local.reschedAtNs)
  local.reschedAtNs = nowNs
}

export function stretchEnds(cpu: Cpu, vm: Vm): void {
  const local = vm.local[cpu.id]!
  if (local.reschedAtNs === NONE) return
  mayReschedule(cpu, vm)
  cpu.record(HISTOGRAM.without_resched_ns, local.withoutReschedNs)
  local.reschedAtNs = NONE
}
