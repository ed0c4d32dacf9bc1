import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import { LOG_DIRTY_PAGES } from '../memslots/memslot.ts'
import { ORACLE } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { BITS, type DirtyLog } from './dirty-log.ts'

// The property that live migration relies on: a page to which the guest writes after the VMM has copied it is in the
// log. Like all oracles, these read only, and take no step.

/** The guest has written to a page, through a translation that allowed it. */
export function markWritten(cpu: Cpu, vm: Vm, gfn: Gfn): void {
  const { dirtyLog } = vm
  if (dirtyLog !== undefined && vm.config.oracles && dirtyLog.holds(gfn)) {
    cpu.poke(dirtyLog.written(dirtyLog.pageOf(gfn)), 1)
  }
}

/** A fault makes a page writable and has not logged it yet: other vCPUs may write to it already. */
export function markLogging(cpu: Cpu, vm: Vm, gfn: Gfn): void {
  if (vm.config.oracles) cpu.poke(vm.dirtyLog!.logging(cpu.id), gfn + 1)
}

export function markLogged(cpu: Cpu, vm: Vm): void {
  if (vm.config.oracles) cpu.poke(vm.dirtyLog!.logging(cpu.id), 0)
}

/** The flags of the slot were set, and no other task sets them: writes to it are logged from now on, or no longer. */
export function assertLogging(cpu: Cpu, vm: Vm, isLogging: boolean): void {
  if (!vm.config.oracles) return
  const { slot } = vm.dirtyLog!.config
  if ((vm.memslots.peekFlags(cpu, slot) & LOG_DIRTY_PAGES) !== (isLogging ? LOG_DIRTY_PAGES : 0)) {
    cpu.violation(ORACLE.memslot_lost, slot)
  }
}

/** The VMM copies all pages: logging has just begun. */
export function markAllCopied(cpu: Cpu, vm: Vm): void {
  if (!vm.config.oracles) return
  for (let page = 0; page < vm.dirtyLog!.pages; page += 1) cpu.poke(vm.dirtyLog!.written(page), 0)
}

/** The VMM copies the dirty pages of [first, end) that it has read from the log, after writes to them are logged again. */
export function markCopied(cpu: Cpu, vm: Vm, first: number, end: number): void {
  const { dirtyLog } = vm
  if (!vm.config.oracles || dirtyLog === undefined) return
  for (let page = first; page < end; page += 1) {
    if (isTold(cpu, dirtyLog, page)) cpu.poke(dirtyLog.written(page), 0)
  }
}

/**
 * The VMM has asked. A page that was written to is in the answer, or in the bitmap by now, or a fault is about to log it. Looked at in
 * this order the three cannot deceive: only the task that asks takes anything out.
 */
export function assertLogged(cpu: Cpu, vm: Vm): void {
  const { dirtyLog } = vm
  if (!vm.config.oracles || dirtyLog === undefined) return
  for (let page = 0; page < dirtyLog.pages; page += 1) {
    if (isTold(cpu, dirtyLog, page) || cpu.peek(dirtyLog.written(page)) === 0) continue
    if (isBeingLogged(cpu, vm, page)) continue
    const bits = cpu.peek(dirtyLog.bitmap(Math.floor(page / BITS)))
    if ((bits & (1 << (page % BITS))) === 0) cpu.violation(ORACLE.dirty_lost, dirtyLog.baseGfn + page)
  }
}

const isTold = (cpu: Cpu, dirtyLog: DirtyLog, page: number): boolean =>
  (cpu.peek(dirtyLog.user(Math.floor(page / BITS))) & (1 << (page % BITS))) !== 0

function isBeingLogged(cpu: Cpu, vm: Vm, page: number): boolean {
  for (let other = 0; other < vm.config.cpus; other += 1) {
    if (cpu.peek(vm.dirtyLog!.logging(other)) === vm.dirtyLog!.baseGfn + page + 1) return true
  }
  return false
}
