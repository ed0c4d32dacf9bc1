import { brings, CnaQSpinLock, type Place, patch, QRwLock, V6_5 } from 'faultline/kvm'

/** v15 of the series lets a node have the lock for 1 ms while others wait: at about a microsecond each, so many hand-overs. */
const HANDOFFS = 1024

/** mmu_lock whose queue prefers the NUMA node of its owner. Without a word on the nodes, CPUs lie on two of them by turns. */
export class CnaRwLock extends QRwLock {
  constructor(place: Place, cpus: number, nodeOf = (cpu: number) => cpu % 2, mostHandoffs = HANDOFFS) {
    super(place, cpus, undefined, (queue) => new CnaQSpinLock(queue, cpus, nodeOf, mostHandoffs))
  }
}

export default patch({
  name: 'cna-mmu-lock',
  on: V6_5,
  says: 'mmu_lock queues in a compact NUMA-aware qspinlock: it is handed over within a node as long as that has waiters',
  replaces: {},
  brings: brings({ mmuLock: (place, cpus, nodeOf) => new CnaRwLock(place, cpus, nodeOf) }),
})
