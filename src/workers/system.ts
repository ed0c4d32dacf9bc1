import type { Brought } from '../protocols/brought.ts'
import { type VariantName, variantNamed } from '../protocols/catalogue.ts'
import type { Kernel, VersionName } from '../protocols/kernel.ts'
import { versionNamed } from '../protocols/kernels.ts'
import type { MemslotConfig } from '../protocols/memslots/memslot.ts'
import { onKernel } from '../protocols/on-kernel.ts'
import { PlacedVm } from '../protocols/placed-vm.ts'
import type { Note } from '../protocols/tracepoints.ts'
import type { Vm } from '../protocols/vm.ts'
import type {
  ApicConfig,
  DirtyLogConfig,
  MemslotUpdateConfig,
  NxConfig,
  PreemptionModel,
  Stage2Config,
} from '../protocols/vm-config.ts'
import { Place } from '../shared-memory/place.ts'

/** The functions that a VM runs: ours by the name of the variant or of the kernel, or a table of them. */
export type Protocol = VariantName | VersionName | Kernel

/** Everything that a VM is built from, as data that can be sent to a worker. */
export type SystemSpec<V = Protocol> = {
  readonly variant: V
  /** The version to which the variant is applied instead of its own. */
  readonly kernel?: VersionName
  readonly cpus: number
  readonly vcpus: number
  readonly memslots: readonly MemslotConfig[]
  readonly mmu: 'tdp' | 'shadow'
  readonly preempt: PreemptionModel
  readonly tlbEntries: number
  /** The number of 2 MiB blocks that are one huge page, per 1000. */
  readonly hugePerMille: number
  readonly pendingLoops?: number
  /** By CPU; all on one node if it is not said. */
  readonly numaNodes?: readonly number[]
  readonly stage2?: Stage2Config
  readonly nx?: NxConfig
  /** VMs on the machine, all alike; one if it is not said. */
  readonly vms?: number
  /** Only of a VM whose guests' APICs are virtualised by an APIC-access page. */
  readonly apic?: ApicConfig
  /** Its memory is VM_PFNMAP: pages whose references are not counted. */
  readonly isPfnmap?: boolean
  readonly oracles: boolean
  readonly lockStatistics: boolean
  readonly lockdep?: boolean
  readonly updates?: MemslotUpdateConfig
  readonly dirtyLog?: DirtyLogConfig
  /** The initial value of mmu_invalidate_seq, unsigned; 0 by default. */
  readonly seqStart?: number
  /** The gfns of which it has gfn_to_pfn_caches. */
  readonly pfnCaches?: readonly number[]
  readonly attributes?: { readonly slot: number }
  readonly isReplay?: boolean
  readonly isPopulated?: boolean
  readonly meetingWords?: number
}

/** The additions of a patch to its functions. */
export const broughtBy = (protocol: Protocol): Brought | undefined =>
  typeof protocol === 'string' ? undefined : protocol.brings

/**
 * Whether page tables are freed without a recovery worker: the deletion of a memslot invalidates the roots, or the
 * kernel's unmap frees tables too; and huge pages replace tables when dirty logging ends.
 */
const takesTablesAway = ({ mmu, stage2, updates, dirtyLog }: SystemSpec, { kvm }: Kernel) =>
  mmu === 'tdp' && stage2 === undefined && (updates?.zap === 'all' || dirtyLog !== undefined || kvm.zapsPageTables)

const tableNamed = (name: VariantName | VersionName): Kernel =>
  variantNamed(name as VariantName) ?? versionNamed(name as VersionName)

/** The functions that such a system runs. */
export function kernelOf({ variant, kernel }: Pick<SystemSpec, 'variant' | 'kernel'>): Kernel {
  const own = typeof variant === 'string' ? tableNamed(variant) : variant
  if (kernel === undefined) return own
  const on = onKernel(own, versionNamed(kernel))
  if ('kernel' in on) return on.kernel
  throw new Error(on.refused)
}

/** The configuration of such a VM: one root, which the MMU keeps, and no huge pages to recover. */
const ONE_ROOT: NxConfig = {
  roots: 1,
  keepsRoots: true,
  nestedGfn: 0,
  nestedPages: 0,
  hugeBlocks: 0,
  hugeLevel: 2,
  entries: 512,
}

/** The same spec gives the same words in every thread, so that no thread has to be told where a word lies. */
export function buildSystem(spec: SystemSpec, note?: Note): { readonly place: Place; readonly vm: Vm } {
  const place = new Place()
  const isHuge = (block: number) =>
    spec.nx === undefined
      ? (Math.imul(block + 1, 0x9e37_79b1) >>> 0) % 1000 < spec.hugePerMille
      : block < spec.nx.hugeBlocks
  const kernel = kernelOf(spec)
  const nx = spec.nx ?? (takesTablesAway(spec, kernel) ? ONE_ROOT : undefined)
  const extra = { ...(nx === undefined ? {} : { nx }), ...(note === undefined ? {} : { note }) }
  const vm = new PlacedVm(place, { ...spec, isHuge, ...extra }, kernel)
  return { place, vm }
}
