import type { Read } from './event-sink.ts'
import { Field } from './field.ts'
import type { TraceLine } from './trace-line.ts'

const SPACE = 0x20
const MMU_LOCK = new Field('mmu_lock')
const RAW_LOCK = new Field('lockdep_addr=')

/**
 * Events of a kernel with lockdep, whose locks have names:
 *
 *   lock_contended   %p %s     lock_acquired   %p %s     `&(kvm)->mmu_lock`, `&kvm->mmu_lock`
 *   lock_acquire     %p try read %s                      before the lock is there, with its side
 *
 * For mmu_lock the first two stand for contention_begin and contention_end; without a wait only the second is recorded.
 */
export const readLockContended: Read = (line, sink) => {
  const name = MMU_LOCK.find(line.bytes, line.textStart, line.end)
  const [from, to] = addressIn(line)
  if (name >= 0 && from >= 0) sink.contentionBegin(line, from, to, NAMED, 0, NAMED.length)
  return from >= 0
}

export const readLockAcquired: Read = (line, sink) => {
  const [from, to] = addressIn(line)
  if (from >= 0 && MMU_LOCK.find(line.bytes, line.textStart, line.end) >= 0) sink.namedLockAcquired(line, from, to)
  return from >= 0
}

/** Replaces the flags: these events do not give the side. */
export const MMU_LOCK_NAME = 'mmu_lock'
const NAMED = Buffer.from(MMU_LOCK_NAME)

/** From where to where the lock's address stands; -1 if there is none. */
function addressIn({ bytes, textStart, end }: TraceLine): readonly [number, number] {
  const raw = RAW_LOCK.find(bytes, textStart, end)
  const from = raw < 0 ? textStart : raw
  let to = from
  while (to < end && bytes[to] !== SPACE) to += 1
  return to > from ? [from, to] : [-1, -1]
}
