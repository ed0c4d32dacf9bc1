/** The kind of an operand of a call: the place of a variable, by `*x` or by `x`, or a value. */
export type Operand = 'pointee' | 'pointer' | 'value'

const ORDERS = ['', '_acquire', '_release', '_relaxed']

/** Read-modify-writes, which come in four orders: with the operands of each. */
const ORDERED: Readonly<Record<string, readonly Operand[]>> = {
  xchg: ['pointer', 'value'],
  cmpxchg: ['pointer', 'value', 'value'],
  atomic_xchg: ['pointer', 'value'],
  atomic_cmpxchg: ['pointer', 'value', 'value'],
  atomic_add_return: ['value', 'pointer'],
  atomic_sub_return: ['value', 'pointer'],
  atomic_inc_return: ['pointer'],
  atomic_dec_return: ['pointer'],
  atomic_fetch_add: ['value', 'pointer'],
  atomic_fetch_sub: ['value', 'pointer'],
  atomic_fetch_inc: ['pointer'],
  atomic_fetch_dec: ['pointer'],
}

const PLAIN: Readonly<Record<string, readonly Operand[]>> = {
  READ_ONCE: ['pointee'],
  WRITE_ONCE: ['pointee', 'value'],
  smp_load_acquire: ['pointer'],
  smp_store_release: ['pointer', 'value'],
  smp_store_mb: ['pointee', 'value'],
  rcu_dereference: ['pointee'],
  rcu_assign_pointer: ['pointee', 'value'],
  atomic_read: ['pointer'],
  atomic_set: ['pointer', 'value'],
  atomic_add: ['value', 'pointer'],
  atomic_sub: ['value', 'pointer'],
  atomic_inc: ['pointer'],
  atomic_dec: ['pointer'],
  spin_lock: ['pointer'],
  spin_unlock: ['pointer'],
  spin_trylock: ['pointer'],
  spin_is_locked: ['pointer'],
  atomic_add_unless: ['pointer', 'value', 'value'],
  rcu_read_lock: [],
  rcu_read_unlock: [],
  smp_mb: [],
  smp_rmb: [],
  smp_wmb: [],
  smp_mb__before_atomic: [],
  smp_mb__after_atomic: [],
  smp_mb__after_spinlock: [],
  barrier: [],
}

/** All that can be called in a litmus test, with its operands. */
export const CALLS: ReadonlyMap<string, readonly Operand[]> = new Map([
  ...Object.entries(PLAIN),
  ...Object.entries(ORDERED).flatMap(([name, operands]) =>
    ORDERS.map((order) => [`${name}${order}`, operands] as const),
  ),
])

const RETURNS = [
  'READ_ONCE',
  'smp_load_acquire',
  'rcu_dereference',
  'atomic_read',
  'spin_trylock',
  'spin_is_locked',
  'atomic_add_unless',
]

/** Those of which nothing comes back. */
export const RETURNS_NOTHING: ReadonlySet<string> = new Set(
  Object.keys(PLAIN).filter((name) => !RETURNS.includes(name)),
)

/** Kernel features that are not supported here. */
export const NOT_READ: Readonly<Record<string, string>> = {
  synchronize_rcu: 'a grace period of RCU',
  synchronize_rcu_expedited: 'a grace period of RCU',
  call_rcu: 'a grace period of RCU',
  srcu_read_lock: 'SRCU',
  srcu_read_unlock: 'SRCU',
  synchronize_srcu: 'SRCU',
  while: 'a loop',
  for: 'a loop',
  do: 'a loop',
  goto: 'a jump',
}
