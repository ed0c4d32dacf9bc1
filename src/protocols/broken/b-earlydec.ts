import type { Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { COUNT_ELIDE, uncountPair } from '../memslots/pairs.ts'
import { endInvalidation } from '../notifier.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The pair is no longer counted before its end has raised the sequence. In the kernel it is first of all the users of a
 * gfn_to_pfn_cache who are deceived: they ask the count and then the sequence. The memslots are let go too early as well.
 *
 *   notifier                               memslot updater
 *   --------                               ---------------
 *   S2, S4 looks the old slots up
 *   E6 count = 0
 *                                          M6, M7 publishes
 *   E1 looks the new slots up
 */
export const B_EARLYDEC: Rules = { ...PRECHECK, memslots: { ...COUNT_ELIDE, endPair: uncountThenEnd } }

function* uncountThenEnd(cpu: Cpu, vm: Vm, start: Hva, end: Hva, isBlockable: boolean): Steps<void> {
  yield* uncountPair(cpu, vm)
  yield* endInvalidation(cpu, vm, start, end, isBlockable)
}
