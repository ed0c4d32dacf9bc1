import { type LockId, type Word, wordAt } from '../../shared-memory/cpu.ts'
import { LockMap, TrackedLock } from '../../shared-memory/lockdep/tracked-locks.ts'
import type { Lock, RwLock } from '../../shared-memory/locks/lock.ts'
import { Mutex } from '../../shared-memory/locks/mutex.ts'
import { RwSem } from '../../shared-memory/locks/rwsem.ts'
import type { Place } from '../../shared-memory/place.ts'
import type { Srcu } from '../../shared-memory/srcu.ts'
import type { MemslotUpdateConfig } from '../vm-config.ts'
import type { Watch } from '../watch.ts'
import { Lifetime } from './lifetime.ts'

/** The nesting depth of pairs in one task that an oracle can distinguish. */
const DEEPEST_PAIR = 7

/**
 * What a VM has besides, if its memslots change while notifiers run (system 3).
 *
 *   srcu                   readers of the memslots
 *   slotsLock              mutex; updaters
 *   slotsArchLock          mutex; the sets, and what vCPUs allocate by the memslots
 *   mmuNotifierSlotsLock   rwsem; only s3.rwsem: pairs for read, updaters for write
 *   shadowRootAllocated    a vCPU has allocated what shadow paging keeps of each slot
 *   gate                   only s3.fair_gate: 1 while an updater waits, or is at work     written under mnInvalidateLock
 *   pseudoLock             see MemslotUpdateConfig
 *   starts                 for the load alone: pairs that have begun, where they are to overlap
 *   publications, marks,   for the oracles alone: sets published so far, and how many it were when each pair began;
 *   waking, set            which CPU has brought the count to 0 and has not woken the updater yet; what the slots were set to
 */
export class MemslotUpdates {
  readonly config: MemslotUpdateConfig
  readonly srcu: Srcu
  readonly slotsLock: Lock
  readonly slotsArchLock: Lock
  readonly mmuNotifierSlotsLock: RwLock
  /** The same, as it is without lockdep. */
  readonly mmuNotifierSlotsSem: RwSem
  readonly lifetime: Lifetime | undefined
  readonly gate: Word
  readonly shadowRootAllocated: Word
  readonly pseudoLock: Lock
  /** The pairs of notifiers as something that can be held: by the notifiers, and by an updater that waits until there are none. */
  readonly pairs: LockId
  readonly starts: Word
  readonly publications: Word
  /** The words of the locks that updaters and vCPUs take: 0 while a lock is free. */
  readonly lockWords: readonly Word[]
  readonly #marks: Word
  readonly #waking: Word
  readonly #set: Word

  /** `slots`: how many there may ever be. */
  constructor(place: Place, config: MemslotUpdateConfig, cpus: number, slots: number, watch: Watch) {
    this.config = config
    this.srcu = watch.srcu(place.within('srcu'), cpus)
    const slotsLock = new Mutex(place.within('slotsLock'))
    const slotsArchLock = new Mutex(place.within('slotsArchLock'))
    this.slotsLock = watch.owned(watch.lock(slotsLock))
    this.slotsArchLock = watch.owned(watch.lock(slotsArchLock))
    this.lockWords = [slotsLock.state, slotsArchLock.state]
    this.mmuNotifierSlotsSem = new RwSem(place.within('mmuNotifierSlotsLock'), cpus)
    this.mmuNotifierSlotsLock = watch.rwLock(this.mmuNotifierSlotsSem)
    this.lifetime = config.isDestroyed ? new Lifetime(place.within('mmuNotifier'), cpus, watch) : undefined
    this.shadowRootAllocated = place.line('shadowRootAllocated', 'owner of slotsArchLock')
    this.gate = place.line('mnGate', 'owner of mnInvalidateLock')
    this.pseudoLock = watch.owned(
      pseudoLockOf(place.within('mmuNotifierInvalidateRangeStart'), config.pseudoLock, watch),
    )
    this.pairs = place.within('mnActiveInvalidateCount').lock('count')
    this.starts = place.line('starts')
    this.publications = place.line('publications', 'memslot updater')
    this.#marks = place.table('pairMarks', cpus * (DEEPEST_PAIR + 1), 'each cpu its own')
    this.#waking = place.table('waking', cpus, 'each cpu its own')
    this.#set = place.table('set', slots, 'memslot updater')
  }

  /** The last change of the slot at that position: its gfn plus 1, or DELETED; 0 if it is unchanged since the VM began. */
  set(slot: number): Word {
    return wordAt(this.#set, slot)
  }

  /** Whether this CPU is about to wake the updater. */
  waking(cpu: number): Word {
    return wordAt(this.#waking, cpu)
  }

  /** The number of pairs that this CPU is in. */
  depth(cpu: number): Word {
    return wordAt(this.#marks, cpu * (DEEPEST_PAIR + 1))
  }

  /** The mark at the beginning of the pair at that depth. */
  mark(cpu: number, depth: number): Word {
    return wordAt(this.depth(cpu), 1 + Math.min(depth, DEEPEST_PAIR - 1))
  }
}

function pseudoLockOf(place: Place, kind: MemslotUpdateConfig['pseudoLock'], watch: Watch): Lock {
  if (kind === 'mutex') return watch.lock(new Mutex(place))
  const map = new LockMap(place.lock('map'))
  return kind === 'graph' && watch.lockdep !== undefined ? new TrackedLock(map, watch.lockdep) : map
}
