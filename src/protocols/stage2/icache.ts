import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { BROADCAST_KIND } from '../costs.ts'
import { COUNTER, HISTOGRAM } from '../counters.ts'
import type { Stage2Vm } from '../vm.ts'
import { operations } from './map.ts'
import { noteInvalidated } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'
import type { Stage2 } from './stage2.ts'

// arch/arm64/kvm/mmu.c, arch/arm64/include/asm/kvm_mmu.h: I-cache maintenance. Numbers in comments are explained in STEPS.md.

/**
 * A9: `__invalidate_icache_guest_page()`, arch/arm64/include/asm/kvm_mmu.h, since v6.7 (909b583f81b5): of the whole mapping, by line up
 * to MAX_DVM_OPS lines, else everything at once. False is -EAGAIN, which upstream never says.
 */
export function* invalidateIcacheGuestPage(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  if (isOverLimit(vm.stage2, fault.pages * vm.stage2.pageBytes)) yield* icacheInvalAllPou(cpu, vm, fault)
  else yield* icacheInvalPou(cpu, vm, fault)
  return true
}

/** `MAX_DVM_OPS << (IminLine + 2)` bytes are the most that are invalidated by line: 32, 128 or 512 KiB with lines of 64. */
export const isOverLimit = ({ maxDvmOps, lineBytes }: Stage2, bytes: number): boolean => bytes > maxDvmOps * lineBytes

/** `icache_inval_pou()`: IC IVAU for each line, then DSB ISH. Every one is an operation on the interconnect. */
export function* icacheInvalPou(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<void> {
  const beganNs = clock(cpu, vm)
  const lines = operations(vm, fault)
  cpu.count(COUNTER.icache_inval_range_ops, 1)
  cpu.count(COUNTER.icache_inval_lines, lines)
  if (isOverLimit(vm.stage2, fault.pages * vm.stage2.pageBytes)) cpu.count(COUNTER.icache_inval_over_limit, 1)
  yield* cpu.broadcast(BROADCAST_KIND.ic_ivau, lines)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
  invalidated(cpu, vm, fault, beganNs)
}

/** `icache_inval_all_pou()`: IC IALLUIS and its DSB ISH. One operation, and every CPU of the machine refills its I-cache. */
export function* icacheInvalAllPou(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<void> {
  const beganNs = clock(cpu, vm)
  cpu.count(COUNTER.icache_inval_all, 1)
  yield* cpu.broadcast(BROADCAST_KIND.ic_ialluis, 1)
  // Pairs with the load in refillIcache().
  yield* cpu.add(vm.stage2.icacheEpoch, 1)
  invalidated(cpu, vm, fault, beganNs)
}

/** For the histogram alone: nothing is decided by the time. */
const clock = (cpu: Cpu, vm: Stage2Vm): number => (vm.config.lockStatistics ? cpu.now() : 0)

function invalidated(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, beganNs: number): void {
  noteInvalidated(cpu, vm, fault)
  if (vm.config.lockStatistics) cpu.record(HISTOGRAM.icache_inval_ns, cpu.now() - beganNs)
}
