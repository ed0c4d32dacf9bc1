import {
  type Cpu,
  LEVEL_2M,
  patch,
  roundForLevel,
  type Steps,
  type TdpIter,
  tdpMmuIterCondResched,
  V6_5,
  type Vm,
} from 'faultline/kvm'

export default patch({
  name: 'yield-at-2m',
  on: V6_5,
  says: 'the zapper lets go of mmu_lock for others only where its walk enters another 2 MiB',
  replaces: { tdpMmuIterCondResched: yieldAt2M },
})

/** The kernel's function, asked less often: within 2 MiB only the scheduler makes the zapper yield. */
function* yieldAt2M(cpu: Cpu, vm: Vm, iter: TdpIter, flush: boolean, shared: boolean): Steps<boolean> {
  if (iter.gfn !== roundForLevel(iter.gfn, LEVEL_2M) && !cpu.needResched()) return false
  return yield* tdpMmuIterCondResched(cpu, vm, iter, flush, shared)
}
