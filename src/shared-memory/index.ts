// The library `faultline/shared-memory`: locks and words for one's own workers. Inside the project import the file itself.
export {
  ACQUIRE,
  AS_STORE,
  AS_STORE_RELEASE,
  type ChangeOrder,
  type Cpu,
  type Direct,
  FULL,
  type LockId,
  MB,
  type Order,
  READ,
  RELAXED,
  RELEASE,
  RMB,
  type Side,
  WMB,
  type Word,
  WRITE,
  wordAt,
} from './cpu.ts'
export { CnaQSpinLock } from './locks/cna-qspinlock.ts'
export type { Lock, RwLock } from './locks/lock.ts'
export { Mutex } from './locks/mutex.ts'
export { PvQSpinLock } from './locks/pv-qspinlock.ts'
export { QRwLock } from './locks/qrwlock.ts'
export { QSpinLock } from './locks/qspinlock.ts'
export { RwSem } from './locks/rwsem.ts'
export { TatasLock } from './locks/tatas.ts'
export { TicketLock } from './locks/ticket.ts'
export { WatchedLock, WatchedRwLock } from './lockstat.ts'
export { type Entry, type LockEntry, layoutText, Place, WORDS_PER_LINE } from './place.ts'
export { RcuWait } from './rcuwait.ts'
export { SeqCount } from './seqcount.ts'
export { Srcu } from './srcu.ts'
export type { Steps } from './steps.ts'
