import type { Gfn } from '../shared-memory/addresses.ts'
import type { Word } from '../shared-memory/cpu.ts'
import type { Lockdep } from '../shared-memory/lockdep/lockdep.ts'
import type { OwnedRwLock } from '../shared-memory/lockdep/owned-locks.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import type { PageTables } from '../shared-memory/page-tables/page-tables.ts'
import type { RcuWait } from '../shared-memory/rcuwait.ts'
import type { ApicPage } from './apic/apic-page.ts'
import type { MemAttributes } from './attributes/mem-attributes.ts'
import type { CpuLocal } from './cpu-local.ts'
import type { DirtyLog } from './dirty-log/dirty-log.ts'
import type { HostMm } from './host-mm.ts'
import type { Kvm } from './kvm.ts'
import type { Memslots } from './memslots/memslots.ts'
import type { SrcuReaders } from './memslots/srcu.ts'
import type { MemslotUpdates } from './memslots/updates.ts'
import type { Nx } from './nx/nx.ts'
import type { PageLifetime } from './page-lifetime.ts'
import type { PfnCaches } from './pfncache/pfncache.ts'
import type { Stage2 } from './stage2/stage2.ts'
import type { Vcpu } from './vcpu.ts'
import type { VmConfig } from './vm-config.ts'

/** `INVALID_GPA`, all ones: the range of the invalidation in progress is not set. Bounds are compared as they are there, unsigned. */
export const INVALID_GPA = -1

/** Reports of each CPU that invalidates, so that an oracle does not depend on the words that it watches. */
type Invalidating = { readonly start: Word; readonly end: Word }

/**
 * `struct kvm`, as far as the MMU is concerned.
 *
 *   mmuLock                                     qrwlock; guards the page tables and the four words below
 *   mmuInvalidate.seq .inProgress               one line, as in struct kvm; written under mmuLock for write
 *                 .rangeStart .rangeEnd
 *   mnInvalidateLock, mnActiveInvalidateCount   spinlock and what it guards: notifiers between start and end
 */
export interface Vm {
  readonly config: VmConfig
  /** The functions of the kernel that it runs on. */
  readonly kvm: Kvm
  readonly lockdep: Lockdep | undefined
  readonly mmuLock: RwLock
  /** `mmuLock.cnts`, 0 when it is free, read in the memory of a run that is over; undefined for the lock of a patch. */
  readonly mmuLockWord: Word | undefined
  /** The same lock, if an oracle is to know which CPUs hold it. */
  readonly ownedMmuLock: OwnedRwLock | undefined
  readonly invalidateSeq: Word
  readonly invalidateInProgress: Word
  readonly invalidateRangeStart: Word
  readonly invalidateRangeEnd: Word
  readonly mnInvalidateLock: Lock
  readonly mnActiveInvalidateCount: Word
  readonly mnMemslotsUpdateRcuwait: RcuWait
  /** Protects readers of the memslots. */
  readonly srcu: SrcuReaders
  readonly memslots: Memslots
  readonly updates: MemslotUpdates | undefined
  readonly host: HostMm
  readonly tables: PageTables
  readonly nx: Nx | undefined
  /** The lifetime of the pages of page tables. */
  readonly pages: PageLifetime
  /** After the last gfn of all memslots. */
  readonly endGfn: number
  readonly vcpus: readonly Vcpu[]
  readonly apic: ApicPage | undefined
  /** Preemptible at run time: the only kernels on which contention alone makes a holder yield. */
  readonly preemptible: boolean
  readonly local: readonly CpuLocal[]
  readonly invalidating: readonly Invalidating[]
  /** The stage-2 table, if that is how its memory is mapped. */
  readonly stage2: Stage2 | undefined
  readonly dirtyLog: DirtyLog | undefined
  readonly pfnCaches: PfnCaches | undefined
  /** Which part of its memory is private. */
  readonly attributes: MemAttributes | undefined
  /** The other VMs of the machine: they share its interconnect, and nothing else. */
  readonly neighbours: readonly Vm[]
  /** By CPU: how many items of a recording it has done. No word of the kernel's; only of a replay. */
  readonly progress: readonly Word[]
  /** The first of the words for the roles of a load, which are no part of KVM. */
  readonly meeting: Word
  /** The words that a patch has placed. */
  readonly own: unknown
  /** The APIC-access page, if the VM holds a reference to it from its creation on. */
  readonly pinnedHostPage: number | undefined
  /** Whether the shadow MMU maps any of its memory. */
  readonly hasRmaps: boolean
  /** Whether the TDP MMU maps any of its memory. */
  readonly hasTdpMmu: boolean
  /** Writes the non-zero initial values into memory that no CPU uses yet. */
  initialise(words: Int32Array): void
  /** The MMU that maps a gfn: with a nested guest both are active. */
  isShadowed(gfn: Gfn): boolean
  /** The shadowed part of [from, to). */
  firstShadowed(from: Gfn): Gfn
  endShadowed(to: Gfn): Gfn
  /** Whether [start, end) contains the gfn of the APIC-access page. */
  holdsApicPage(start: Gfn, end: Gfn): boolean
  /** The head of the reverse map of a gfn: which SPTE maps it. One, as there is one shadowed root. */
  rmap(index: number): Word
}

/** A VM whose memory goes through a stage-2 table, as on arm64. */
export type Stage2Vm = Vm & { readonly stage2: Stage2 }
export const isStage2 = (vm: Vm): vm is Stage2Vm => vm.stage2 !== undefined
