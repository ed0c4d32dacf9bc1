import type { Word } from '../../shared-memory/cpu.ts'
import type { Lock, RwLock } from '../../shared-memory/locks/lock.ts'
import { Mutex } from '../../shared-memory/locks/mutex.ts'
import { QRwLock } from '../../shared-memory/locks/qrwlock.ts'
import { QSpinLock } from '../../shared-memory/locks/qspinlock.ts'
import type { Place } from '../../shared-memory/place.ts'
import { hostPageOf } from '../memslots/host-ranges.ts'
import { everyMemslot, pendingLoopsOf, type VmConfig } from '../vm-config.ts'
import type { Watch } from '../watch.ts'

/**
 * `struct gfn_to_pfn_cache`, since v5.17: KVM's own way to a page of the guest, such as a clock page or Xen's shared info. It holds no reference
 * to the page, so an invalidation must tell it.
 *
 *   lock          qrwlock; for read while the page is used, for write by what changes the words below
 *   refreshLock   mutex; one refresh at a time
 *   valid pfn     whether it may be used, and what page it is      owner of lock for write
 *   pte           the host's entry by which it was got            for oracles
 */
export class PfnCache {
  readonly uhva: number
  readonly hostPage: number
  readonly lock: RwLock
  readonly refreshLock: Lock
  readonly valid: Word
  readonly pfn: Word
  readonly pte: Word

  constructor(place: Place, gfn: number, config: VmConfig, watch: Watch) {
    const slot = config.memslots.find(({ baseGfn, pages }) => gfn >= baseGfn && gfn < baseGfn + pages)!
    this.uhva = slot.hva + gfn - slot.baseGfn
    this.hostPage = hostPageOf(everyMemslot(config), slot) + gfn - slot.baseGfn
    this.lock = watch.rwLock(new QRwLock(place.within('lock'), config.cpus, pendingLoopsOf(config)))
    this.refreshLock = watch.owned(watch.lock(new Mutex(place.within('refreshLock'))))
    const words = place.together(['valid', 'pfn', 'pte'], 'owner of lock for write')
    this.valid = words.valid
    this.pfn = words.pfn
    this.pte = words.pte
  }
}

/**
 * The caches of a VM.
 *
 *   gpcLock   qspinlock; kvm->gpc_list
 */
export class PfnCaches {
  readonly gpcLock: Lock
  readonly list: readonly PfnCache[]

  constructor(place: Place, gfns: readonly number[], config: VmConfig, watch: Watch) {
    this.gpcLock = watch.lock(new QSpinLock(place.within('gpcLock'), config.cpus, pendingLoopsOf(config)))
    this.list = gfns.map((gfn, index) => new PfnCache(place.within(`gpc${index}`), gfn, config, watch))
  }
}
