import type { Gfn } from '../shared-memory/addresses.ts'
import type { Word } from '../shared-memory/cpu.ts'
import { wordAt } from '../shared-memory/cpu.ts'
import { Lockdep } from '../shared-memory/lockdep/lockdep.ts'
import { OwnedRwLock } from '../shared-memory/lockdep/owned-locks.ts'
import { ExclusiveRwLock } from '../shared-memory/locks/exclusive-rwlock.ts'
import type { Lock, RwLock } from '../shared-memory/locks/lock.ts'
import { QRwLock } from '../shared-memory/locks/qrwlock.ts'
import { QSpinLock } from '../shared-memory/locks/qspinlock.ts'
import { PageTables, tablesFor } from '../shared-memory/page-tables/page-tables.ts'
import { LEVEL_2M, pagesPerLevel } from '../shared-memory/page-tables/spte.ts'
import type { Place } from '../shared-memory/place.ts'
import { RcuWait } from '../shared-memory/rcuwait.ts'
import { ApicPage } from './apic/apic-page.ts'
import { firstGmemPage, MemAttributes } from './attributes/mem-attributes.ts'
import { CpuLocal } from './cpu-local.ts'
import { DirtyLog } from './dirty-log/dirty-log.ts'
import { HostMm } from './host-mm.ts'
import type { Kernel } from './kernel.ts'
import type { Kvm } from './kvm.ts'
import { hostPages } from './memslots/host-ranges.ts'
import { Memslots } from './memslots/memslots.ts'
import { NOTHING_TO_PROTECT, type SrcuReaders } from './memslots/srcu.ts'
import { MemslotUpdates } from './memslots/updates.ts'
import { Nx } from './nx/nx.ts'
import { NxPages } from './nx/nx-pages.ts'
import { PagingStructureCache } from './nx/paging-structure-cache.ts'
import { SidedRwLock } from './nx/sided-lock.ts'
import { ORACLE } from './oracles.ts'
import type { PageLifetime } from './page-lifetime.ts'
import { PfnCaches } from './pfncache/pfncache.ts'
import { Stage2 } from './stage2/stage2.ts'
import { StayingPages } from './staying-pages.ts'
import { traced } from './traced.ts'
import { Vcpu } from './vcpu.ts'
import { INVALID_GPA, type Vm } from './vm.ts'
import {
  everyMemslot,
  hasRmaps,
  hugePagesOf,
  isSided,
  pagesOf,
  pendingLoopsOf,
  shadowedOf,
  type VmConfig,
} from './vm-config.ts'
import { Watch } from './watch.ts'
import { counted, watched } from './watched.ts'

/** A VM, as its words are placed. */
export class PlacedVm implements Vm {
  readonly config: VmConfig
  readonly kvm: Kvm
  readonly lockdep: Lockdep | undefined
  readonly mmuLock: RwLock
  readonly mmuLockWord: Word | undefined
  readonly ownedMmuLock: OwnedRwLock | undefined
  readonly invalidateSeq: Word
  readonly invalidateInProgress: Word
  readonly invalidateRangeStart: Word
  readonly invalidateRangeEnd: Word
  readonly mnInvalidateLock: Lock
  readonly mnActiveInvalidateCount: Word
  readonly mnMemslotsUpdateRcuwait: RcuWait
  readonly srcu: SrcuReaders
  readonly memslots: Memslots
  readonly updates: MemslotUpdates | undefined
  readonly host: HostMm
  readonly tables: PageTables
  readonly nx: Nx | undefined
  readonly pages: PageLifetime
  readonly endGfn: number
  readonly vcpus: readonly Vcpu[]
  readonly apic: ApicPage | undefined
  readonly preemptible: boolean
  readonly local: readonly CpuLocal[]
  readonly invalidating: Vm['invalidating']
  readonly stage2: Stage2 | undefined
  readonly dirtyLog: DirtyLog | undefined
  readonly pfnCaches: PfnCaches | undefined
  readonly attributes: MemAttributes | undefined
  readonly neighbours: readonly Vm[]
  readonly progress: readonly Word[]
  readonly meeting: Word
  readonly own: unknown
  readonly #rmaps: Word
  /** The gfns that the shadow MMU maps. */
  readonly #shadowed: { readonly start: number; readonly end: number }

  /** `first`: the VM whose neighbour it is. */
  constructor(place: Place, config: VmConfig, kernel: Pick<Kernel, 'kvm' | 'brings'>, first?: Vm) {
    this.config = config
    const { kvm } = kernel
    this.#shadowed = Object.freeze(shadowedOf(config))
    this.kvm = tableFor(kvm, config)
    this.preemptible = config.preempt === 'full' || config.preempt === 'lazy'
    this.lockdep = config.lockdep === true ? new Lockdep(place.within('lockdep'), config.cpus) : undefined
    const watch = new Watch(config.lockStatistics, this.lockdep, config.oracles ? config.cpus : 0)
    const { lock: mmuLock, word } = placeMmuLock(place.within('mmuLock'), config, kernel)
    this.mmuLockWord = word
    const watchedLock = watch.rwLock(
      isSided(config) ? new SidedRwLock(mmuLock, config.cpus, ORACLE.lock_wrong_side) : mmuLock,
    )
    // Ours are known to give it back; of a patch that is not known.
    this.ownedMmuLock =
      kernel.brings !== undefined && config.oracles
        ? new OwnedRwLock(watchedLock, config.cpus, ORACLE.lock_not_held)
        : undefined
    this.mmuLock = this.ownedMmuLock ?? watchedLock
    const words = place
      .within('mmuInvalidate')
      .together(['seq', 'inProgress', 'rangeStart', 'rangeEnd'], 'owner of mmuLock for write')
    this.invalidateSeq = words.seq
    this.invalidateInProgress = words.inProgress
    this.invalidateRangeStart = words.rangeStart
    this.invalidateRangeEnd = words.rangeEnd
    this.mnInvalidateLock = watch.lock(
      new QSpinLock(place.within('mnInvalidateLock'), config.cpus, pendingLoopsOf(config)),
    )
    this.mnActiveInvalidateCount = place.line('mnActiveInvalidateCount', 'owner of mnInvalidateLock')
    this.mnMemslotsUpdateRcuwait = new RcuWait(place.within('mnMemslotsUpdateRcuwait'))
    const { updates } = config
    this.updates =
      updates === undefined
        ? undefined
        : new MemslotUpdates(place, updates, config.cpus, everyMemslot(config).length, watch)
    this.srcu = this.updates?.srcu ?? NOTHING_TO_PROTECT
    this.vcpus = Array.from(
      { length: config.vcpus },
      (_, id) =>
        new Vcpu(place.within(`vcpu${id}`), id, config.tlbEntries, this.srcu, config.nx && new PagingStructureCache()),
    )
    this.invalidating = Array.from({ length: config.cpus }, (_, cpu) =>
      place.within(`cpu${cpu}.invalidating`).together(['start', 'end'], `cpu ${cpu}`),
    )
    const slots = everyMemslot(config)
    this.memslots = new Memslots(place.within('memslots'), config.memslots, updates?.spare)
    this.tables = new PageTables(place.within('pageTables'), this.#tableCapacity(), config.cpus)
    this.endGfn = Math.max(...slots.map(({ baseGfn, pages }) => baseGfn + pages))
    this.nx =
      config.nx &&
      new Nx(place.within('nx'), config.nx, this.tables, config, kvm.possibleNxHugePages === 'one list', watch)
    this.pages = this.nx === undefined ? new StayingPages(this.tables) : new NxPages(this.nx, this.tables)
    const mapped = hostPages(slots)
    const withGmem = slots.find(({ slot }) => slot === config.attributes?.slot)
    this.attributes =
      withGmem &&
      new MemAttributes(place.within('attributes'), withGmem, mapped, config.nx?.entries ?? pagesPerLevel(LEVEL_2M))
    const gmem = firstGmemPage(mapped)
    const huge = hugePagesOf(config) ?? pagesPerLevel(LEVEL_2M)
    this.host = new HostMm(place.within('hostMm'), withGmem === undefined ? mapped : gmem + withGmem.pages, {
      isHuge: withGmem === undefined ? config.isHuge : (block) => block * huge < gmem && config.isHuge(block),
      hugePages: hugePagesOf(config),
      isPfnmap: config.isPfnmap,
    })
    this.#rmaps = place.table('rmaps', hasRmaps(config) ? pagesOf(slots) : 0, 'owner of mmuLock for write')
    this.apic = config.apic && new ApicPage(place.within('apic'), config.apic, config.vcpus)
    this.local = Array.from({ length: config.cpus }, () => new CpuLocal(this.tables, config.vcpus))
    if (config.stage2 !== undefined) {
      const icacheEpoch =
        first?.stage2?.icacheEpoch ?? place.line('icacheEpoch', 'the CPU that invalidates all I-caches')
      this.stage2 = new Stage2(place.within('stage2'), config, config.stage2, icacheEpoch)
    }
    this.dirtyLog = config.dirtyLog && new DirtyLog(place.within('dirtyLog'), config.dirtyLog, config)
    this.pfnCaches = config.pfnCaches && new PfnCaches(place.within('pfnCaches'), config.pfnCaches, config, watch)
    this.meeting = place.table('meeting', config.meetingWords ?? 0, 'the roles of the load')
    this.own = kernel.brings?.place?.(place.within('own'), config)
    const others = first === undefined ? (config.vms ?? 1) - 1 : 0
    this.neighbours = Array.from({ length: others }, (_, index) => {
      return new PlacedVm(place.within(`vm${index + 1}`), config, kernel, this)
    })
    this.progress = Array.from({ length: config.isReplay === true ? config.cpus : 0 }, (_, cpu) => {
      return place.within(`cpu${cpu}`).line('progress', `cpu ${cpu}`)
    })
  }

  initialise(words: Int32Array): void {
    words[this.tables.next] = this.tables.root
    words[this.invalidateSeq] = this.config.seqStart ?? 0
    words[this.invalidateRangeStart] = INVALID_GPA
    words[this.invalidateRangeEnd] = INVALID_GPA
    this.memslots.initialise(words)
    this.nx?.initialise(words)
    this.apic?.initialise(words, this.vcpus)
    const pinned = this.pinnedHostPage
    if (pinned !== undefined) this.host.pin(words, pinned)
    for (const neighbour of this.neighbours) neighbour.initialise(words)
    this.stage2?.initialise(words)
    if (this.stage2 !== undefined || this.config.isPopulated === true) this.host.populate(words)
  }

  get pinnedHostPage(): number | undefined {
    return this.apic !== undefined && this.kvm.pinsApicAccessPage
      ? this.memslots.hostPageAtStart(this.apic.gfn)
      : undefined
  }

  isShadowed(gfn: Gfn): boolean {
    const { start, end } = this.#shadowed
    // Where the shadow MMU maps nothing, the answer is known without the gfn.
    return start < end && gfn >= start && gfn < end
  }

  get hasRmaps(): boolean {
    return hasRmaps(this.config)
  }

  get hasTdpMmu(): boolean {
    return this.config.mmu === 'tdp'
  }

  firstShadowed(from: Gfn): Gfn {
    return Math.max(from, this.#shadowed.start) as Gfn
  }

  endShadowed(to: Gfn): Gfn {
    return Math.min(to, this.#shadowed.end) as Gfn
  }

  holdsApicPage(start: Gfn, end: Gfn): boolean {
    return this.apic !== undefined && this.apic.gfn >= start && this.apic.gfn < end
  }

  rmap(index: number): Word {
    return wordAt(this.#rmaps, index)
  }

  /** Enough for every gfn, and for the caches of the CPUs. */
  #tableCapacity(): number {
    if (this.config.stage2 !== undefined) return 1
    const tables = tablesFor(everyMemslot(this.config)) + this.config.cpus * 4 + 1
    return this.config.nx === undefined ? tables : Nx.capacity(this.config.nx, tables)
  }
}

/** Its architecture's functions, watched if an oracle or a trace does. */
function tableFor(kvm: Kvm, { stage2, oracles, note }: VmConfig): Kvm {
  const ofArm64 = { unmapGfnRange: kvm.arm64UnmapGfnRange, flushShadowAll: kvm.arm64FlushShadowAll }
  const own = counted(stage2 === undefined ? kvm : { ...kvm, ...ofArm64 })
  const seen = oracles ? watched(own) : own
  return note === undefined ? seen : traced(seen, note)
}

/** One of two, by the version of the kernel, or that of a patch. */
function placeMmuLock(
  place: Place,
  config: VmConfig,
  { kvm, brings }: Pick<Kernel, 'kvm' | 'brings'>,
): { readonly lock: RwLock; readonly word: Word | undefined } {
  if (brings?.mmuLock !== undefined) {
    const nodeOf = (cpu: number) => config.numaNodes?.[cpu] ?? 0
    return { lock: brings.mmuLock(place, config.cpus, nodeOf), word: undefined }
  }
  if (kvm.mmuLock === 'rwlock') {
    const lock = new QRwLock(place, config.cpus, pendingLoopsOf(config))
    return { lock, word: lock.cnts }
  }
  const lock = new QSpinLock(place, config.cpus, pendingLoopsOf(config))
  return { lock: new ExclusiveRwLock(lock), word: lock.val }
}
