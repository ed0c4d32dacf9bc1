import type { Task } from './task.ts'

export type TaskRole = 'vcpu' | 'notifier' | 'memslot updater' | 'nx recovery' | 'other'

/** The role of a task, and the evidence. */
export type TaskInRole = { readonly task: Task; readonly role: TaskRole; readonly evidence: string }

const ORDER: readonly TaskRole[] = ['vcpu', 'notifier', 'memslot updater', 'nx recovery', 'other']
/** The beginning of the name of KVM's recovery worker, as far as a task's name goes. */
const NX_RECOVERY = 'kvm-nx-lpage-re'
/** `CPU 0/KVM` of QEMU, `fc_vcpu 0` of Firecracker, `kvm-vcpu-0` of kvmtool, `crosvm_vcpu0`, `vcpu0`, `VCPU-0`; all cut to 8 at worst. */
const VCPU_NAME = /^(?:CPU \d+\/(?:KVM|KV|K)|(?:\w+[-_ ])?vcpu[-_ ]?\d*)$/i
const INDEX = /^CPU (\d+)\/K|vcpu[-_ ]?(\d+)$/i

/** The role of each task, by its observed actions: vCPUs first, each role in the order of pids. */
export function rolesOf(tasks: readonly Task[]): readonly TaskInRole[] {
  return tasks
    .map((task) => ({ task, role: roleOf(task), evidence: evidenceOf(task) }))
    .toSorted((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.task.pid - b.task.pid)
}

/**
 * Only a vCPU enters the guest, faults, and sets SPTEs, if its name does not identify it. It may raise notifiers too, as
 * NUMA balancing runs in the task whose memory it scans. Threads of the VMM also create huge pages, when dirty logging
 * ends.
 */
export function isVcpu(task: Task): boolean {
  const mapped = task.installs.count + task.tdpInstalls.count - task.collapses
  const seen = task.faults + mapped + task.fastPageFaults + task.guestEntries + task.vcpuEvents
  return seen > 0 || VCPU_NAME.test(task.name)
}

/** The vCPU index of a task, from its events or its name; -1 if unknown. */
export function vcpuIndex(task: Task): number {
  if (task.vcpu >= 0) return task.vcpu
  const match = INDEX.exec(task.name)
  return match === null ? -1 : Number(match[1] ?? match[2])
}

/** A task that zaps page tables more often than it raises notifiers updates memslots. */
function roleOf(task: Task): TaskRole {
  if (isVcpu(task)) return 'vcpu'
  if (task.name.startsWith(NX_RECOVERY)) return 'nx recovery'
  if (task.zaps > task.unmaps) return 'memslot updater'
  return task.unmaps + task.ages + task.setPtes + task.attributeChanges + task.ownRemovals > 0 ? 'notifier' : 'other'
}

function evidenceOf(task: Task): string {
  const seen: readonly (readonly [number, string])[] = [
    [task.pageFaults.count, 'kvm_page_fault'],
    [task.guestFaults.count, 'guest page faults'],
    [task.virtualFaults, 'faults by virtual address'],
    [task.nestedFaults, 'faults of nested guests'],
    [task.deviceFaults, 'faults of devices'],
    [task.installs.count, 'kvm_mmu_set_spte'],
    [task.tdpInstalls.count, 'leaf SPTEs made present'],
    [task.fastPageFaults, 'fast_page_fault'],
    [task.guestEntries, 'kvm_entry or kvm_exit'],
    [task.unmaps, 'kvm_unmap_hva_range'],
    [task.setPtes, 'kvm_set_spte_hva'],
    [task.attributeChanges, 'kvm_vm_set_mem_attributes'],
    [task.ownRemovals, 'leafs removed by KVM itself'],
    [task.ages, 'kvm_age_hva'],
    [task.zaps, 'kvm_mmu_prepare_zap_page'],
  ]
  const found = seen.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en-US')} ${what}`)
  if (found.length === 0) found.push(task.waits.isEmpty ? 'nothing of its own' : 'waits for locks only')
  return (VCPU_NAME.test(task.name) ? ['its name', ...found] : found).join(', ')
}
