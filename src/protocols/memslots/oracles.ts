import type { Cpu } from '../../shared-memory/cpu.ts'
import { RUNNING } from '../../shared-memory/rcuwait.ts'
import { clearInvalidating, ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'

// I3.2: the slots that a pair's end looks up are those of its start. The oracle counts publications and does not look at the
// pointer, which comes back to where it was after two of them.

/** The start of a pair looks its memslots up. */
export function markPair(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  const depth = cpu.peek(updates.depth(cpu.id))
  cpu.poke(updates.mark(cpu.id, depth), cpu.peek(updates.publications))
  cpu.poke(updates.depth(cpu.id), depth + 1)
}

/** Its end does. */
export function assertSlotsKept(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  const depth = cpu.peek(updates.depth(cpu.id)) - 1
  cpu.poke(updates.depth(cpu.id), depth)
  const published = cpu.peek(updates.publications) - cpu.peek(updates.mark(cpu.id, depth))
  if (published !== 0 && vm.rules.memslots.keepsSlots) cpu.violation(ORACLE.slots_changed_inside_pair, published)
}

/** The end of a pair will not come: the VM was destroyed. */
export function forgetPair(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined) return
  for (const lock of [updates.pairs, updates.mmuNotifierSlotsSem.id]) vm.lockdep?.release(cpu, lock)
  if (vm.config.oracles) cpu.poke(updates.depth(cpu.id), cpu.peek(updates.depth(cpu.id)) - 1)
  clearInvalidating(cpu, vm)
}

/** No end will come, so what is counted stays counted. */
export function assertNoPairsLeft(cpu: Cpu, vm: Vm): void {
  const active = cpu.peek(vm.mnActiveInvalidateCount)
  if (vm.config.oracles && active !== 0) cpu.violation(ORACLE.count_leak, active)
}

/** A set of memslots is published; updaters exclude each other. */
export function markPublication(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates !== undefined) cpu.poke(updates.publications, cpu.peek(updates.publications) + 1)
}

/** The count is about to become 0, or whoever made it so has called rcuwait_wake_up(). */
export function markWaking(cpu: Cpu, vm: Vm, isWaking: boolean): void {
  if (vm.updates !== undefined && vm.config.oracles) cpu.poke(vm.updates.waking(cpu.id), isWaking ? 1 : 0)
}

/**
 * I3.4: an updater is about to sleep. If the count is 0, whoever made it so has yet to wake it, or has done so: looked at in
 * this order, the three cannot deceive.
 */
export function assertWillBeWoken(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles || cpu.peek(vm.mnActiveInvalidateCount) !== 0) return
  for (let other = 0; other < vm.config.cpus; other += 1) if (cpu.peek(updates.waking(other)) !== 0) return
  const state = cpu.peek(vm.mnMemslotsUpdateRcuwait.state)
  if (state !== RUNNING) cpu.violation(ORACLE.lost_wakeup, state)
}
