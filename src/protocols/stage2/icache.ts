import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { BROADCAST_KIND } from '../costs.ts'
import { COUNTER, HISTOGRAM } from '../counters.ts'
import { type FaultResult, RETRY } from '../page-fault.ts'
import { publish } from './fault.ts'
import { operations } from './map.ts'
import { assertInvalidatedIfPublished, icacheOfBefore, noteInvalidated } from './oracles.ts'
import type { Stage2Fault } from './page-fault.ts'
import type { Stage2, Stage2Vm } from './stage2.ts'

/** System 2: where the variants of the stage-2 fault differ. Numbers are the steps of the reference, 4.2. */
export type IcacheRules = {
  /** A5: mmu_lock for a fault, and A12. */
  readonly faultLock: (cpu: Cpu, vm: Stage2Vm) => Steps<void>
  readonly faultUnlock: (cpu: Cpu, vm: Stage2Vm) => Steps<void>
  /** A9 and A10: execute permission is added to the entry `fault.ptep`, which held `old`. */
  readonly makeExecutable: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, old: number, now: number) => Steps<FaultResult>
  /** A9: `icache_inval_pou()` of what the fault is to map; false is -EAGAIN, which upstream never says. */
  readonly icacheInval: (cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault) => Steps<boolean>
  /** A9: whether so many bytes are invalidated by dropping all I-caches, and not line by line. */
  readonly dropsAll: (stage2: Stage2, bytes: number) => boolean
  /** A11: whether this CPU drops its own translation after a relaxation that came to `result`. */
  readonly flushesAfter: (result: FaultResult) => boolean
}

/** `mmu_lock` for read: faults in parallel, since 6.2. */
export function* lockForRead(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.readLock(cpu)
}

export function* unlockForRead(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.readUnlock(cpu)
}

/** A9, then A10: no CPU may fetch through the entry before its I-cache has forgotten what was there before. */
export function* invalidateThenPublish(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  old: number,
  now: number,
): Steps<FaultResult> {
  const served = yield* vm.kvm.icache.icacheInval(cpu, vm, fault)
  if (!served) return RETRY
  const result = yield* publishExecutable(cpu, vm, fault, old, now)
  if (result === RETRY) cpu.count(COUNTER.icache_wasted, 1)
  return result
}

/** A10 under the eyes of the oracle. */
export function* publishExecutable(
  cpu: Cpu,
  vm: Stage2Vm,
  fault: Stage2Fault,
  old: number,
  now: number,
): Steps<FaultResult> {
  const icacheOf = icacheOfBefore(cpu, vm, fault)
  const result = yield* publish(cpu, fault, old, now)
  assertInvalidatedIfPublished(cpu, vm, fault, icacheOf, result)
  return result
}

/** `__invalidate_icache_guest_page()` of the whole mapping, as the rules have it. */
export function* invalidateIcache(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<boolean> {
  const bytes = fault.pages * vm.stage2.pageBytes
  // For the histogram alone: nothing is decided by the time.
  const beganNs = vm.config.lockStatistics ? cpu.now() : 0
  if (vm.kvm.icache.dropsAll(vm.stage2, bytes)) yield* invalidateAll(cpu, vm, fault)
  else yield* invalidateByLine(cpu, vm, fault, bytes)
  if (vm.config.lockStatistics) cpu.record(HISTOGRAM.icache_inval_ns, cpu.now() - beganNs)
  return true
}

/** `icache_inval_pou()`: IC IVAU for each line, then DSB ISH. Every one is an operation on the interconnect. */
function* invalidateByLine(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault, bytes: number): Steps<void> {
  const lines = operations(vm, fault)
  cpu.count(COUNTER.icache_inval_range_ops, 1)
  cpu.count(COUNTER.icache_inval_lines, lines)
  if (bytes / vm.stage2.lineBytes > vm.stage2.maxDvmOps) cpu.count(COUNTER.icache_inval_over_limit, 1)
  yield* cpu.broadcast(BROADCAST_KIND.ic_ivau, lines)
  yield* cpu.broadcast(BROADCAST_KIND.dsb_ish, 1)
  noteInvalidated(cpu, vm, fault)
}

/** `icache_inval_all_pou()`: IC IALLUIS and its DSB ISH. One operation, and every CPU of the machine refills its I-cache. */
function* invalidateAll(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<void> {
  cpu.count(COUNTER.icache_inval_all, 1)
  yield* cpu.broadcast(BROADCAST_KIND.ic_iallu, 1)
  // Pairs with the load in refillIcache().
  yield* cpu.add(vm.stage2.icacheEpoch, 1)
  noteInvalidated(cpu, vm, fault)
}

/** `MAX_DVM_OPS << (IminLine + 2)` bytes are the most that are invalidated by line: 32, 128 or 512 KiB with lines of 64. */
export const isOverLimit = ({ maxDvmOps, lineBytes }: Stage2, bytes: number): boolean => bytes > maxDvmOps * lineBytes

/**
 * Upstream flushes after every relaxation, also if somebody else was faster: this CPU may hold the old entry, and would fault
 * again. Until 6.6 it did not after -EAGAIN, which cost one more fault.
 */
const always = () => true

/** By line, however long that takes. */
const byLine = () => false

export function* lockForWrite(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeLock(cpu)
}

export function* unlockForWrite(cpu: Cpu, vm: Stage2Vm): Steps<void> {
  yield* vm.mmuLock.writeUnlock(cpu)
}

/** s2.final: upstream since 6.7, commit 909b583f81b5. */
export const THRESHOLD_ICACHE: IcacheRules = {
  faultLock: lockForRead,
  faultUnlock: unlockForRead,
  makeExecutable: invalidateThenPublish,
  icacheInval: invalidateIcache,
  dropsAll: isOverLimit,
  flushesAfter: always,
}

/** s2.base: 6.2 to 6.6. */
export const RANGED_ICACHE: IcacheRules = { ...THRESHOLD_ICACHE, dropsAll: byLine }

/** s2.serial: before 6.2. Faults exclude each other, so the second finds the permission there. */
export const SERIAL_ICACHE: IcacheRules = { ...RANGED_ICACHE, faultLock: lockForWrite, faultUnlock: unlockForWrite }
