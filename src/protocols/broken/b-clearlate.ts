import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNTER } from '../counters.ts'
import { BITS } from '../dirty-log/dirty-log.ts'
import { variant } from '../kernel.ts'
import { V6_18 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The bits are cleared after the pages were protected.
 *
 *   VMM                                    vCPU
 *   ---                                    ----
 *   takes W from the page
 *                                          faults: gives W back, sets the bit
 *   clears the bit
 *   flushes, copies the page
 *                                          writes: the entry is writable, the bit is clear
 */
export const B_CLEARLATE = variant({
  name: 'B-CLEARLATE',
  subject: 'dirty-log',
  on: V6_18,
  kind: 'broken',
  reference: 'our own: 60c34612b707 (Takuya Yoshikawa, Mar 2012), its steps 1 and 2 the other way round',
  says: 'the bits of the log are cleared after the pages were protected',
  caughtBy: ['dirty_lost'],
  load: { 'memory-mib': '2', 'hot-pages': '512', tlb: '1', 'log-pause-us': '0', 'log-rounds': '50' },
  replaces: { clearDirtyLogProtect: protectThenClear },
})

function* protectThenClear(cpu: Cpu, vm: Vm, first: number, pages: number): Steps<void> {
  const log = vm.dirtyLog!
  const from = Math.floor(first / BITS)
  const end = Math.min(log.words, Math.ceil((first + pages) / BITS))
  let flush = false
  yield* vm.mmuLock.writeLock(cpu)
  for (let word = from; word < end; word += 1) {
    const told = yield* cpu.read(log.user(word))
    if (told === 0) continue
    flush = true
    yield* vm.kvm.archMmuEnableLogDirtyPtMasked(cpu, vm, word * BITS, told)
  }
  for (let word = from; word < end; word += 1) {
    const told = yield* cpu.read(log.user(word))
    yield* cpu.and(log.bitmap(word), ~told)
  }
  yield* vm.mmuLock.writeUnlock(cpu)
  if (flush) yield* vm.kvm.flushRemoteTlbs(cpu, vm, COUNTER.tlb_flush_remote_log_clear)
}
