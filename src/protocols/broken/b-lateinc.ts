import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Memslot } from '../memslots/memslots.ts'
import { COUNT_ELIDE, countPair, firstSlot } from '../memslots/pairs.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The pair is counted after the memslots have been looked up.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   S4 looks the old slots up
 *                                          M6 count = 0, M7 publishes
 *   S2 count = 1
 *   E1 looks the new slots up
 */
export const B_LATEINC: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, beginPair: lookUpThenCount } }

function* lookUpThenCount(cpu: Cpu, vm: Vm, start: Hva, end: Hva): Steps<Memslot> {
  const slot = yield* firstSlot(cpu, vm, start, end)
  yield* countPair(cpu, vm)
  return slot
}
