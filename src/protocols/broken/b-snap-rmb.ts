import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import type { Fault } from '../page-fault.ts'
import type { Rules } from '../rules.ts'
import { PRECHECK } from '../variants.ts'
import type { Vm } from '../vm.ts'

/**
 * The smp_rmb() is missing: the source says sequence, then pfn, and the CPU may load them the other way round, as B-SNAP
 * does. A page that is counted hides it: its reference is taken by an atomic operation, and the entry is looked at again.
 */
export const B_SNAP_RMB: Rules = { ...PRECHECK, snapshotBeforePfn: snapshotUnordered }

function* snapshotUnordered(cpu: Cpu, vm: Vm, fault: Fault): Steps<void> {
  fault.seq = yield* cpu.read(vm.invalidateSeq)
}
