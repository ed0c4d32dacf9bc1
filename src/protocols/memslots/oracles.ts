import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { LockMode } from '../../shared-memory/lockdep/graph.ts'
import { RUNNING } from '../../shared-memory/rcuwait.ts'
import { clearInvalidating } from '../assertions.ts'
import { COUNTER } from '../counters.ts'
import { ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { GEN_UPDATE_IN_PROGRESS } from './memslot.ts'

// I3.2: the slots that a pair's end looks up are those of its start. The oracle counts publications and does not look at the
// pointer, which comes back to where it was after two of them.

/** Nothing was marked: the start of the pair promises nothing. */
const NOT_MARKED = -1

/** The start of a pair begins. */
export function beginPair(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  const depth = cpu.peek(updates.depth(cpu.id))
  cpu.poke(updates.mark(cpu.id, depth), NOT_MARKED)
  cpu.poke(updates.depth(cpu.id), depth + 1)
}

/** The start of a pair looks its memslots up, and the end is to find the same. */
export function markSlots(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  cpu.poke(updates.mark(cpu.id, cpu.peek(updates.depth(cpu.id)) - 1), cpu.peek(updates.publications))
}

/** Its end does. */
export function assertSlotsKept(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  const mark = cpu.peek(updates.mark(cpu.id, cpu.peek(updates.depth(cpu.id)) - 1))
  const published = cpu.peek(updates.publications) - mark
  if (mark !== NOT_MARKED && published !== 0) cpu.violation(ORACLE.slots_changed_inside_pair, published)
}

/** The end of a pair is over. */
export function endPair(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles) return
  cpu.poke(updates.depth(cpu.id), cpu.peek(updates.depth(cpu.id)) - 1)
}

/** The end of a pair will not come: the VM was destroyed. */
export function forgetPair(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates === undefined) return
  for (const lock of [updates.pairs, updates.mmuNotifierSlotsSem.id]) vm.lockdep?.release(cpu, lock)
  endPair(cpu, vm)
  clearInvalidating(cpu, vm)
}

/** Tells lockdep, which knows only locks, that this CPU is in a pair; `active` is the number of pairs including this one. */
export function holdPair(cpu: Cpu, vm: Vm, mode: LockMode, active: number): void {
  cpu.countHighest(COUNTER.mn_active_max, active)
  if (vm.updates === undefined) return
  vm.lockdep?.acquire(cpu, vm.updates.pairs, mode)
  vm.lockdep?.acquired(cpu, vm.updates.pairs)
}

export function releasePair(cpu: Cpu, vm: Vm): void {
  if (vm.updates !== undefined) vm.lockdep?.release(cpu, vm.updates.pairs)
}

/** No end will follow, so counted pairs stay counted. */
export function assertNoPairsLeft(cpu: Cpu, vm: Vm): void {
  const active = cpu.peek(vm.mnActiveInvalidateCount)
  if (vm.config.oracles && active !== 0) cpu.violation(ORACLE.count_leak, active)
}

/** A set of memslots is published; updaters exclude each other. */
export function markPublication(cpu: Cpu, vm: Vm): void {
  const { updates } = vm
  if (updates !== undefined) cpu.poke(updates.publications, cpu.peek(updates.publications) + 1)
}

/** The end of a pair may bring the count to 0, or that is over: then the notifier that did so has called rcuwait_wake_up(). */
export function markWaking(cpu: Cpu, vm: Vm, isWaking: boolean): void {
  if (vm.updates !== undefined && vm.config.oracles) cpu.poke(vm.updates.waking(cpu.id), isWaking ? 1 : 0)
}

/**
 * I3.4: an updater is about to sleep. If the count is 0, the notifier that made it 0 has yet to wake it, or has done so: looked at in
 * this order, the three cannot deceive.
 */
export function noteSleep(cpu: Cpu, vm: Vm): void {
  cpu.count(COUNTER.memslot_wait_loops, 1)
  const { updates } = vm
  if (updates === undefined || !vm.config.oracles || cpu.peek(vm.mnActiveInvalidateCount) !== 0) return
  for (let other = 0; other < vm.config.cpus; other += 1) if (cpu.peek(updates.waking(other)) !== 0) return
  const state = cpu.peek(vm.mnMemslotsUpdateRcuwait.state)
  if (state !== RUNNING) cpu.violation(ORACLE.lost_wakeup, state)
}

/** A slot that is not there, in place of its gfn. */
export const DELETED = -1

/** A slot is set at `baseGfn`, or is about to be DELETED. With slots_lock held, as all that follows. Returns where it was. */
export function noteMemslot(cpu: Cpu, vm: Vm, id: number, baseGfn: number): Gfn {
  if (!vm.config.oracles) return DELETED as Gfn
  const place = vm.memslots.placeOf(id)
  const was = baseOf(cpu, vm, place)
  cpu.poke(vm.updates!.set(place), baseGfn === DELETED ? DELETED : baseGfn + 1)
  return was as Gfn
}

/** An update is over: each slot lies where it was set, as it was set, in the order of the gfns, and there is no other. */
export function assertMemslots(cpu: Cpu, vm: Vm): void {
  if (!vm.config.oracles) return
  const { memslots } = vm
  const count = memslots.peekCount(cpu)
  let last = -1
  let right = 0
  for (let nth = 0; nth < count; nth += 1) {
    const found = memslots.peekBase(cpu, nth)
    if (found === undefined || found.baseGfn <= last || baseOf(cpu, vm, found.place) !== found.baseGfn) continue
    last = found.baseGfn
    right += 1
  }
  const set = memslots.all.reduce((sum, _, place) => sum + (baseOf(cpu, vm, place) === DELETED ? 0 : 1), 0)
  if (right !== count || count !== set) cpu.violation(ORACLE.memslot_lost, count)
}

/** The intended place of a slot. The first slots are the initial ones of the VM. */
function baseOf(cpu: Cpu, vm: Vm, place: number): number {
  const set = cpu.peek(vm.updates!.set(place))
  if (set !== 0) return set === DELETED ? DELETED : set - 1
  return place < vm.config.memslots.length ? vm.memslots.all[place]!.baseGfn : DELETED
}

/** A slot is about to be created. */
export function assertAbsent(cpu: Cpu, vm: Vm, id: number): void {
  if (!vm.config.oracles) return
  if (baseOf(cpu, vm, vm.memslots.placeOf(id)) !== DELETED) cpu.violation(ORACLE.memslot_lost, id)
}

/** A fault found no slot: there was none. A slot that the VM began with and that no update touches is always there. */
export function assertNoMemslot(cpu: Cpu, vm: Vm, gfn: number): void {
  if (!vm.config.oracles) return
  const found = vm.config.memslots.find(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)
  if (found === undefined) return
  const isUntouched = vm.updates === undefined || cpu.peek(vm.updates.set(vm.memslots.placeOf(found.slot))) === 0
  if (isUntouched) cpu.violation(ORACLE.emulated_memory, gfn)
}

/** A set has been published, or its update is over: MMIO SPTEs are good as long as the generation that they carry is. */
export function assertGeneration(cpu: Cpu, vm: Vm, isInProgress: boolean): void {
  if (!vm.config.oracles) return
  const published = cpu.peek(vm.updates!.publications)
  const generation = vm.memslots.peekGeneration(cpu)
  if (generation !== (isInProgress ? (published - 1) | GEN_UPDATE_IN_PROGRESS : published)) {
    cpu.violation(ORACLE.generation_wrong, generation)
  }
}
