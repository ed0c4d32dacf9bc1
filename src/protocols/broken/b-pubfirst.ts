import type { Cpu } from '../../shared-memory/cpu.ts'
import { isExecutable, isValid, S2_W, S2_X } from '../../shared-memory/page-tables/stage2-pte.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_5 } from '../kernels.ts'
import { type FaultResult, FIXED, RETRY, SPURIOUS } from '../page-fault.ts'
import { trySetPte, walkToLeaf } from '../stage2/fault.ts'
import type { Stage2Fault } from '../stage2/page-fault.ts'
import type { Stage2Vm } from '../vm.ts'

/**
 * The permission is published before the I-caches are invalidated. Tempting: the second vCPU finds it, and nothing is
 * wasted.
 *
 *   vCPU 1                                 vCPU 2
 *   ------                                 ------
 *   A8, A10 adds X
 *                                          walks, fetches what its I-cache holds of the old memory
 *   A9 invalidates
 */
export const B_PUBFIRST = variant({
  name: 'B-PUBFIRST',
  subject: 'icache',
  on: V6_5,
  kind: 'broken',
  reference: 's2, A10 before A9',
  says: 'the entry becomes executable before the I-caches are invalidated',
  caughtBy: ['exec_before_icache'],
  replaces: { stage2AttrWalker: publishThenInvalidate },
})

function* publishThenInvalidate(cpu: Cpu, vm: Stage2Vm, fault: Stage2Fault): Steps<FaultResult> {
  const old = yield* walkToLeaf(cpu, vm, fault)
  if (!isValid(old)) return RETRY
  const now = old | (fault.isExec ? S2_X : S2_W)
  if (now === old) return SPURIOUS
  const becomesExecutable = isExecutable(now) && !isExecutable(old)
  const result = yield* trySetPte(cpu, vm, fault, old, now)
  if (becomesExecutable && result === FIXED) yield* vm.kvm.invalidateIcacheGuestPage(cpu, vm, fault)
  return result
}
