import { brings, type Place, PvQSpinLock, patch, QRwLock, V6_5 } from 'faultline/kvm'

/**
 * mmu_lock as a kernel has it that is a guest itself: the queue of the rwlock is a paravirtual qspinlock, whose waiters halt and whose
 * lock may be stolen while the head of the queue is halted.
 */
export class ParavirtRwLock extends QRwLock {
  constructor(place: Place, cpus: number) {
    super(place, cpus, undefined, (queue) => new PvQSpinLock(queue, cpus))
  }
}

export default patch({
  name: 'paravirt-mmu-lock',
  on: V6_5,
  says: 'mmu_lock queues in a paravirtual qspinlock: waiters halt, so that threads without a core hold nothing up',
  replaces: {},
  brings: brings({ mmuLock: (place, cpus) => new ParavirtRwLock(place, cpus) }),
})
