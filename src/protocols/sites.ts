/** The places where locks are taken, for lockdep: the kernel's functions. */
const SITES = [
  'kvm_vcpu_ioctl',
  '__mmu_notifier_invalidate_range_start',
  '__mmu_notifier_invalidate_range_end',
  'kvm_mmu_notifier_invalidate_range_start',
  'kvm_mmu_notifier_invalidate_range_end',
  'kvm_set_memory_region',
  'kvm_swap_active_memslots',
  'kvm_arch_flush_shadow_memslot',
  'mmu_first_shadow_root_alloc',
  'kvm_arch_vcpu_pre_fault_memory',
  'kvm_vm_ioctl_get_dirty_log',
  'kvm_vm_ioctl_clear_dirty_log',
] as const

export type SiteName = (typeof SITES)[number]

export const SITE = Object.fromEntries(SITES.map((name, index) => [name, index])) as {
  readonly [N in SiteName]: number
}

export const siteName = (site: number): string => SITES[site] ?? `site ${site}`
