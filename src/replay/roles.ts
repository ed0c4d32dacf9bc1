import type { Task } from './task.ts'

export type TaskRole = 'vcpu' | 'notifier' | 'memslot updater' | 'nx recovery' | 'other'

/** What a task is taken for, and by what. */
export type TaskInRole = { readonly task: Task; readonly role: TaskRole; readonly evidence: string }

const ORDER: readonly TaskRole[] = ['vcpu', 'notifier', 'memslot updater', 'nx recovery', 'other']
/** The beginning of the name of KVM's recovery worker, as far as a task's name goes. */
const NX_RECOVERY = 'kvm-nx-lpage-re'
/** `CPU 0/KVM` of QEMU, `fc_vcpu 0` of Firecracker, `vcpu0`, `VCPU-0`. */
const VCPU_NAME = /^(?:CPU \d+\/KVM|(?:\w+_)?vcpu[- ]?\d+)$/i

/** The role of each task, by what it was seen to do: vCPUs first, each role in the order of pids. */
export function rolesOf(tasks: readonly Task[]): readonly TaskInRole[] {
  return tasks
    .map((task) => ({ task, role: roleOf(task), evidence: evidenceOf(task) }))
    .toSorted((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.task.pid - b.task.pid)
}

/**
 * Only a vCPU enters the guest, faults, and sets SPTEs in its own name, if it is not known by what the VMM calls it; it may
 * raise notifiers too, as NUMA balancing runs in the task whose memory it looks at. Who zaps page tables more often than it
 * raises notifiers updates memslots.
 */
function roleOf(task: Task): TaskRole {
  const faults = task.pageFaults.count + task.guestFaults.count + task.installs.count + task.tdpInstalls.count
  if (faults + task.fastPageFaults + task.guestEntries > 0 || VCPU_NAME.test(task.name)) return 'vcpu'
  if (task.name.startsWith(NX_RECOVERY)) return 'nx recovery'
  if (task.zaps > task.unmaps) return 'memslot updater'
  return task.unmaps + task.ages > 0 ? 'notifier' : 'other'
}

function evidenceOf(task: Task): string {
  const seen: readonly (readonly [number, string])[] = [
    [task.pageFaults.count, 'kvm_page_fault'],
    [task.guestFaults.count, 'kvm_guest_fault'],
    [task.installs.count, 'kvm_mmu_set_spte'],
    [task.tdpInstalls.count, 'leaf SPTEs made present'],
    [task.fastPageFaults, 'fast_page_fault'],
    [task.guestEntries, 'kvm_entry or kvm_exit'],
    [task.unmaps, 'kvm_unmap_hva_range'],
    [task.ages, 'kvm_age_hva'],
    [task.zaps, 'kvm_mmu_prepare_zap_page'],
  ]
  const found = seen.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en-US')} ${what}`)
  if (found.length === 0) found.push('waits for locks only')
  return (VCPU_NAME.test(task.name) ? ['its name', ...found] : found).join(', ')
}
