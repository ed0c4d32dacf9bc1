import type { Cpu } from '../shared-memory/cpu.ts'
import { ORACLE } from './oracles.ts'
import type { Vm } from './vm.ts'

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

/** A set of memslots is published; updaters exclude each other. */
export function markPublication(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates !== undefined) cpu.poke(updates.publications, cpu.peek(updates.publications) + 1)
}
