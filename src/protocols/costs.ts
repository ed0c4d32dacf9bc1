/**
 * Paths that are not re-created here, only paid for. Threads turn a calibrated loop, a model charges its profile.
 * `ns`: default cost of a unit on x86; `source`: where the figure comes from (measured, published or estimated).
 */
export const WORK = [
  { name: 'exit_entry', ns: 450, source: 'VM exit and entry, 1350 cycles at 3 GHz, measured by VMRUN counts' },
  {
    name: 'entry_preparation',
    ns: 150,
    source:
      'vcpu_enter_guest() up to its look at pending requests, paid again after an entry that was cancelled; estimate',
  },
  { name: 'faultin_pfn', ns: 300, source: 'fast GUP of a page that is present; estimate' },
  {
    name: 'faultin_fresh',
    ns: 2850,
    source: 'EPT violation with GUP of a fresh page, 2.5 us, and 4 KB to clear, 0.35 us',
  },
  {
    name: 'map_spte',
    ns: 150,
    source: 'rest of an EPT map fault under the read lock, 1.21 us in all, measured on TDP MMU',
  },
  {
    name: 'zap_spte',
    ns: 150,
    source: 'zap of a 4 KB SPTE without a flush, 126 to 170 ns, measured by disabling dirty log',
  },
  { name: 'change_pte', ns: 50, source: 'change_protection() or unmap of one PTE of the primary MMU; estimate' },
  {
    name: 'move_page',
    ns: 1000,
    source:
      'a microsecond of what a task does with a page between the start and the end of its invalidation, by definition',
  },
  { name: 'tlb_flush', ns: 200, source: 'INVEPT, single context 150 ns, global 300 ns; estimate' },
  { name: 'ipi_delivery', ns: 1500, source: 'IPI until it is taken, 1.3 to 2.5 us, measured between pinned vCPUs' },
  { name: 'tlbi_local', ns: 30, source: 'TLBI of one IPA and DSB NSH, 10 to 100 ns; estimate' },
  {
    name: 'dc_clean_line',
    ns: 1.2,
    source: 'DC CIVAC of a line of 64 bytes, 0.8 to 2 ns, derived from 2 MiB map faults',
  },
  {
    name: 'icache_refill',
    ns: 3750,
    source: '64 KiB of L1I from the L2: 1024 lines of 11 cycles at 3 GHz, Neoverse N1, derived',
  },
  { name: 'kmalloc', ns: 50, source: 'kzalloc() of a small object from its per-CPU slab; estimate' },
  { name: 'guest_access', ns: 60, source: 'what the guest does between two accesses that matter; estimate' },
  {
    name: 'fast_fault',
    ns: 600,
    source:
      'walk, CAS and mark_page_dirty() of fast_page_fault(): 1.10 us of a write fault after dirty logging was enabled, less exit and entry, derived',
  },
  {
    name: 'operation_outside',
    ns: 0,
    source: 'fault-scaling: what an operation takes besides its path while it holds no lock, by definition',
  },
  { name: 'operation_locked', ns: 0, source: 'fault-scaling: the same under the lock, by definition' },
  { name: 'make_request', ns: 0, source: 'kvm_make_request() of a vCPU that is not in the guest, beyond its atomics' },
  {
    name: 'invlpgb',
    ns: 3000,
    source: 'INVLPGB and its TLBSYNC, 1 to 5 us, derived from the share of its series; no receiver is interrupted',
  },
  { name: 'context_switch', ns: 1500, source: 'a task sleeps and is woken, 1 to 4 us; estimate' },
  {
    name: 'uffd_copy',
    ns: 1500,
    source: 'read() of a userfaultfd, and UFFDIO_COPY but for the copy itself: allocation, PTE, wake-up; estimate',
  },
  {
    name: 'dirty_page',
    ns: 100,
    source: 'the guest writes to another page of 4 KiB than before: a TLB miss and a line from memory; estimate',
  },
  {
    name: 'pml_log',
    ns: 20,
    source: 'the hardware sets the Dirty bit and logs the gfn, page-modification logging; estimate',
  },
  { name: 'mark_page_dirty', ns: 30, source: 'mark_page_dirty_in_slot() of one gfn of a PML buffer; estimate' },
] as const

export type WorkName = (typeof WORK)[number]['name']

export const WORK_KIND = Object.fromEntries(WORK.map(({ name }, index) => [name, index])) as {
  readonly [N in WorkName]: number
}

/**
 * Operations on a resource that all CPUs share; `on` is which one. `ipi`: interrupts between CPUs, a unit for each receiver.
 * `dvm`: the one node of an Arm mesh through which every TLB and I-cache operation goes, one after the other. `memory`: its
 * bandwidth. `serial`: something of the kernel that one CPU has at a time. Threads do one atomic operation on a shared line for each, and turn `ns` after it; but not for `dvm`, where the
 * line serves one after the other as the node does: there the operation is all.
 */
export const BROADCAST = [
  {
    name: 'ipi',
    on: 'ipi',
    ns: 250,
    source: 'slope of a remote flush per vCPU in guest mode, 0.15 to 1.2 us; estimate',
  },
  {
    name: 'tlbi',
    on: 'dvm',
    ns: 69,
    source: 'TLBI of the inner shareable domain, the same path as ic_ivau on Altra Max, 60 to 140 ns; estimate',
  },
  {
    name: 'dsb_ish',
    on: 'dvm',
    ns: 240,
    source: 'DVM Sync of a DSB ISH that follows, 150 to 480 ns, derived from the serial part of eager splitting',
  },
  {
    name: 'ic_ivau',
    on: 'dvm',
    ns: 69.04,
    source: 'IC IVAU of a 64-byte line on Altra Max: 512 MiB in 579.132 ms, measured',
  },
  {
    name: 'ic_ialluis',
    on: 'dvm',
    ns: 8000,
    source: 'IC IALLUIS with its DSB and ISB on Altra Max, 8 us; measured, if two rows of the report are transposed',
  },
  {
    name: 'dirty_log',
    on: 'serial',
    ns: 27,
    source: 'serial part of a lock-free write fault, 1.10 us + 27 ns, fitted from 2 to 96 vCPUs; cause unknown',
  },
  {
    name: 'clear_page',
    on: 'memory',
    ns: 350,
    source: 'clearing 4 KiB, 150 to 400 ns, measured as a demand fault of 64 GB on Milan',
  },
] as const

export type BroadcastName = (typeof BROADCAST)[number]['name']

export const BROADCAST_KIND = Object.fromEntries(BROADCAST.map(({ name }, index) => [name, index])) as {
  readonly [N in BroadcastName]: number
}
