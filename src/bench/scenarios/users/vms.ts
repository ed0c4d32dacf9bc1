import type { RolePlan } from '../../../workers/roles.ts'
import { pauseUs, type Values } from '../../parameters.ts'
import { type Host, mmuLockUser } from './user.ts'

/** VMs that come and go. */
export const TEARDOWN_PARAMETERS = {
  teardowns: {
    kind: 'integer',
    says: 'processes that have a VM each, map its memory and exit, over and over: kvm_mmu_notifier_release()',
    low: 0,
    high: 8,
    default: 0,
  },
  'teardown-pause-us': pauseUs('pause between the exit of such a process and the next', 500),
} as const

type TeardownValues = Values<typeof TEARDOWN_PARAMETERS>

/** `first`: which VM of the machine is the first of them. */
export const teardownRoles = (
  values: TeardownValues,
  first: number,
  memory: { readonly baseGfn: number; readonly pages: number; readonly stride?: number },
  isTimed: boolean,
): readonly RolePlan[] =>
  Array.from({ length: values.teardowns }, (_, index) => ({
    role: 'vm-teardown',
    teardown: {
      vm: first + index,
      firstGfn: memory.baseGfn,
      pages: memory.pages,
      ...(memory.stride === undefined ? {} : { stride: memory.stride }),
      pauseNs: values['teardown-pause-us'] * 1000,
    },
    isTimed,
  }))

const PARAMETERS = {
  vms: {
    kind: 'integer',
    says: 'VMs on the machine with the same number of vCPUs each; the vCPUs of the other VMs write at random, and share the interconnect, not mmu_lock',
    low: 1,
    high: 16,
    default: 1,
  },
  ...TEARDOWN_PARAMETERS,
} as const

/** The vCPUs of all VMs but the first. */
const neighbours = ({ values, crew, memory, seed }: Host<typeof PARAMETERS>): readonly RolePlan[] =>
  Array.from({ length: (values.vms - 1) * crew.vcpus }, (_, index) => ({
    role: 'neighbour-vcpu',
    vm: 1 + Math.floor(index / crew.vcpus),
    vcpu: index % crew.vcpus,
    accesses: {
      kind: 'touch',
      hotGfns: [memory.baseGfn],
      hotPerMille: 0,
      firstGfn: memory.baseGfn,
      pages: memory.pages,
      seed: seed + 1000 + index,
      everyNs: 0,
      startNs: 0,
    },
  }))

export const VMS = mmuLockUser({
  parameters: PARAMETERS,
  roles: (host) => [
    ...neighbours(host),
    ...teardownRoles(host.values, host.values.vms, host.memory, host.sampleEvery > 0),
  ],
  system: ({ values }) => (values.vms + values.teardowns === 1 ? {} : { vms: values.vms + values.teardowns }),
})
