import type { PrimitiveName } from '../../threads/primitives-worker.ts'
import type { PrimitiveScenario, Variant } from '../scenario.ts'

const primitive = (name: PrimitiveName, reference: string, says: string): Variant => ({
  kind: 'good',
  name,
  reference,
  says,
})

export default {
  kind: 'primitives',
  name: 'primitives',
  asks: 'What does each lock cost, alone and under contention?',
  mail: null,
  variants: [
    primitive('qspinlock', 'kernel/locking/qspinlock.c', 'acquire, add 1, release'),
    primitive(
      'pv-qspinlock',
      'kernel/locking/qspinlock_paravirt.h',
      'acquire, add 1, release; waiters halt, and the lock may be stolen',
    ),
    primitive('ticket', 'ticket spinlock, up to v4.1', 'acquire, add 1, release'),
    primitive('ticket-by-hand', 'the same with bare Atomics', 'a ticket lock written by hand for this one benchmark'),
    primitive('tatas', 'virt_spin_lock()', 'acquire, add 1, release'),
    primitive('mutex', 'futex mutex of three states', 'acquire, add 1, release'),
    primitive('qrwlock-read', 'kernel/locking/qrwlock.c', 'read_lock, read_unlock'),
    primitive('qrwlock-write', 'kernel/locking/qrwlock.c', 'write_lock, add 1, write_unlock'),
    primitive(
      'pv-qrwlock-read',
      'kernel/locking/qrwlock.c over qspinlock_paravirt.h',
      'read_lock, read_unlock; waiters queue in the paravirtual spinlock',
    ),
    primitive(
      'pv-qrwlock-write',
      'kernel/locking/qrwlock.c over qspinlock_paravirt.h',
      'write_lock, add 1, write_unlock; waiters queue in the paravirtual spinlock',
    ),
    primitive('rwsem-read', 'rwsem, without optimistic spinning', 'down_read, up_read'),
    primitive('rwsem-write', 'rwsem, without optimistic spinning', 'down_write, add 1, up_write'),
    primitive(
      'seqcount-read',
      'include/linux/seqlock.h',
      'reads under a sequence counter; with several workers, one of them writes',
    ),
    primitive('seqcount-write', 'include/linux/seqlock.h', 'writes under a sequence; with others, they read'),
  ],
  headline: ['qspinlock', 'ticket'],
  decides: [{ metric: 'ns_per_operation', reads: 'per operation', means: 'how often the lock changes hands' }],
  notModelled: "it measures this host's instructions",
  hasLatencyTrials: false,
  parameters: {},
} satisfies PrimitiveScenario
