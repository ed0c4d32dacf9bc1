import type { Word } from '../../shared-memory/cpu.ts'
import type { RwLock } from '../../shared-memory/locks/lock.ts'
import { RwSem } from '../../shared-memory/locks/rwsem.ts'
import type { Place } from '../../shared-memory/place.ts'
import { Srcu } from '../../shared-memory/srcu.ts'
import type { Watch } from '../watch.ts'

/**
 * What the core knows of a VM that is destroyed, and created again, while tasks of its mm raise notifiers.
 *
 *   registered   1 while the core calls the VM back       own line, written by the task that creates and destroys
 *   srcu         readers: callbacks that are under way
 *   mmapLock     rwsem; for read by a task from start to end, for write by the task that registers: mm_take_all_locks()
 */
export class Lifetime {
  readonly registered: Word
  readonly srcu: Srcu
  readonly mmapLock: RwLock

  constructor(place: Place, cpus: number, watch: Watch) {
    this.registered = place.line('registered', 'the task that creates and destroys the VM')
    this.srcu = new Srcu(place.within('srcu'), cpus)
    this.mmapLock = watch.ownedRwLock(watch.rwLock(new RwSem(place.within('mmapLock'), cpus)))
  }
}
