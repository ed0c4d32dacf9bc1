import {
  brings,
  type Cpu,
  type LockId,
  type Place,
  patch,
  QSpinLock,
  READ,
  type RwLock,
  type Steps,
  V6_5,
  type Word,
  WRITE,
} from 'faultline/kvm'

/**
 * A reader-writer lock of which each CPU has a line of its own to read by, and phases, so that neither side starves.
 *
 *   readers[cpu]  1 while that CPU reads, or tries to    own lines, each written by its CPU only
 *   writer        1 while a writer has the lock, or waits for readers    own line, written by the head of the queue
 *   waiting       readers that met a writer               own line
 *   queue         qspinlock; its owner is the next writer own lines
 *
 * A reader that meets no writer touches its own line and reads `writer`, which stays shared in every cache: readers cost each other
 * nothing. A writer pays for that: it looks at the line of every CPU. Readers that met a writer are let in before the next one.
 */
export class DistributedRwLock implements RwLock {
  readonly id: LockId
  readonly writer: Word
  readonly waiting: Word
  readonly queue: QSpinLock
  readonly readers: readonly Word[]

  /** `cpus`: how many CPUs may ever take the lock; their ids are 0 to cpus - 1. */
  constructor(place: Place, cpus: number) {
    this.id = place.lock('distributed-rwlock')
    this.writer = place.line('writer')
    this.waiting = place.line('waiting')
    this.queue = new QSpinLock(place.within('queue'), cpus)
    this.readers = Array.from({ length: cpus }, (_, cpu) => place.line(`readers${cpu}`, `cpu ${cpu}`))
  }

  *readLock(cpu: Cpu): Steps<void> {
    const taken = yield* this.tryReadLock(cpu)
    if (!taken) yield* this.#readLockSlow(cpu)
  }

  *tryReadLock(cpu: Cpu): Steps<boolean> {
    const own = this.readers[cpu.id]!
    // A full barrier: we are seen before we look. Dekker, with writeLock().
    yield* cpu.xchg(own, 1)
    const writer = yield* cpu.loadAcquire(this.writer)
    if (writer === 0) return true
    yield* cpu.storeRelease(own, 0)
    return false
  }

  *readUnlock(cpu: Cpu): Steps<void> {
    // Pairs with the waits of writeLock().
    yield* cpu.storeRelease(this.readers[cpu.id]!, 0)
  }

  *writeLock(cpu: Cpu): Steps<void> {
    const queued = yield* this.queue.tryAcquire(cpu)
    if (!queued) {
      cpu.contentionBegin(this.id, WRITE)
      yield* this.queue.acquire(cpu)
    }
    // The phase of the readers that met the writer before us.
    yield* cpu.untilEqual(this.waiting, 0)
    yield* cpu.xchg(this.writer, 1)
    for (const reader of this.readers) yield* cpu.untilEqual(reader, 0)
    if (!queued) cpu.contentionEnd(this.id, WRITE)
  }

  *tryWriteLock(cpu: Cpu): Steps<boolean> {
    const queued = yield* this.queue.tryAcquire(cpu)
    if (!queued) return false
    let reading = yield* cpu.load(this.waiting)
    if (reading === 0) yield* cpu.xchg(this.writer, 1)
    for (const reader of this.readers) {
      if (reading !== 0) break
      reading = yield* cpu.loadAcquire(reader)
    }
    if (reading === 0) return true
    yield* this.writeUnlock(cpu)
    return false
  }

  *writeUnlock(cpu: Cpu): Steps<void> {
    yield* cpu.storeRelease(this.writer, 0)
    yield* this.queue.release(cpu)
  }

  /** Whether a reader has met us, or a writer queues behind us. */
  *isContended(cpu: Cpu): Steps<boolean> {
    const waiting = yield* cpu.load(this.waiting)
    if (waiting !== 0) return true
    return yield* this.queue.isContended(cpu)
  }

  *#readLockSlow(cpu: Cpu): Steps<void> {
    cpu.contentionBegin(this.id, READ)
    yield* cpu.add(this.waiting, 1)
    for (;;) {
      yield* cpu.untilEqual(this.writer, 0)
      const taken = yield* this.tryReadLock(cpu)
      if (taken) break
    }
    yield* cpu.sub(this.waiting, 1)
    cpu.contentionEnd(this.id, READ)
  }
}

export default patch({
  name: 'distributed-rwlock',
  on: V6_5,
  says: 'mmu_lock has a line for each CPU to read by: faults cost each other nothing, an invalidation looks at all of them',
  replaces: {},
  brings: brings({ mmuLock: (place, cpus) => new DistributedRwLock(place, cpus) }),
})
