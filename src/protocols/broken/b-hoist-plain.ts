import type { Gfn } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { variant } from '../kernel.ts'
import { V6_8 } from '../kernels.ts'
import type { Vm } from '../vm.ts'

/**
 * The pre-check without its READ_ONCE()s: a vCPU that checks in a loop may forever read a value that the compiler loaded
 * before the loop, as in B-HOIST. JavaScript engines may do so too, but cannot be forced to; the checker's compiler can.
 */
export const B_HOIST_PLAIN = variant({
  name: 'B-HOIST-plain',
  subject: 'precheck',
  on: V6_8,
  kind: 'broken',
  reference: 's0.plain',
  says: 'the pre-check uses plain loads: a compiler may keep values that it loaded before a loop',
  caughtBy: [],
  unseenBecause: 'only a memory model that reorders shows it',
  isCheckedOnly: true,
  replaces: { invalidateRetryGfnUnsafe: retryPlainly },
})

function* retryPlainly(cpu: Cpu, vm: Vm, seq: number, gfn: Gfn): Steps<boolean> {
  const inProgress = yield* cpu.read(vm.invalidateInProgress)
  if (inProgress !== 0) {
    const start = yield* cpu.read(vm.invalidateRangeStart)
    const end = yield* cpu.read(vm.invalidateRangeEnd)
    if (gfn >= start >>> 0 && gfn < end >>> 0) return true
  }
  const seqNow = yield* cpu.read(vm.invalidateSeq)
  return seqNow !== seq
}
