// The system whose roles are compiled, for the tests and for `bench:native`.

/** A vCPU on a direct MMU with 4 KiB pages, and another CPU for a task; without instruments. Its memslots are to be added. */
export const ONE_VCPU = {
  variant: 'precheck',
  cpus: 2,
  vcpus: 1,
  mmu: 'tdp',
  preempt: 'full',
  tlbEntries: 512,
  hugePerMille: 0,
  oracles: false,
  lockStatistics: false,
} as const
