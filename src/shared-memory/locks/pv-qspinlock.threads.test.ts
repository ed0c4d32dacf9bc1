import { lockContract } from './lock.contract.ts'
import { PvQSpinLock } from './pv-qspinlock.ts'

lockContract({
  kind: 'pv-qspinlock',
  build: (place, cpus) => new PvQSpinLock(place, cpus),
  isFair: false,
  contended: 2,
})
