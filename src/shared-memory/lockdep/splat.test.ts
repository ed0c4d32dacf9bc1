import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dependency, EXCLUSIVE, SHARED } from './graph.ts'
import { type SplatNames, splatOf } from './splat.ts'

const CLASSES = [
  { name: 'mmu_notifier_invalidate_range_start', kind: 'map', isWritten: true, isRead: false },
  { name: '&kvm->mmu_notifier_slots_lock', kind: 'rwsem', isWritten: false, isRead: true },
  { name: '&kvm->slots_lock', kind: 'mutex', isWritten: true, isRead: false },
]
const SITES = [
  '__mmu_notifier_invalidate_range_end',
  'kvm_mmu_notifier_invalidate_range_start',
  'kvm_set_memory_region',
]
const NAMES: SplatNames = {
  classOf: (lock) => CLASSES[lock]!,
  siteOf: (site) => SITES[site]!,
  taskOf: () => 'qemu-system-x86',
  release: '5.12.0-rc3+ #6',
}
const edge = (from: number, to: number, modes: Partial<Dependency> = {}): Dependency => ({
  from,
  fromMode: EXCLUSIVE,
  to,
  toMode: EXCLUSIVE,
  fromSite: 1,
  toSite: 1,
  cpu: 3,
  order: 1,
  ...modes,
})

test('the splat of the mail is printed as by the kernel, except for addresses and offsets', () => {
  const end = edge(1, 0, { fromMode: SHARED, toSite: 0 })
  const start = edge(0, 1, { toMode: SHARED, fromSite: 1 })
  assert.equal(
    splatOf([end, start], NAMES),
    `======================================================
WARNING: possible circular locking dependency detected
5.12.0-rc3+ #6 Not tainted
------------------------------------------------------
qemu-system-x86/3 is trying to acquire lock:
(mmu_notifier_invalidate_range_start){+.+.}-{0:0}, at: __mmu_notifier_invalidate_range_end

but task is already holding lock:
(&kvm->mmu_notifier_slots_lock){.+.+}-{3:3}, at: kvm_mmu_notifier_invalidate_range_start

which lock already depends on the new lock.

the existing dependency chain (in reverse order) is:

-> #1 (&kvm->mmu_notifier_slots_lock){.+.+}-{3:3}:
       kvm_mmu_notifier_invalidate_range_start

-> #0 (mmu_notifier_invalidate_range_start){+.+.}-{0:0}:
       __mmu_notifier_invalidate_range_end

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  rlock(&kvm->mmu_notifier_slots_lock);
                               lock(mmu_notifier_invalidate_range_start);
                               rlock(&kvm->mmu_notifier_slots_lock);
  lock(mmu_notifier_invalidate_range_start);

 *** DEADLOCK ***`,
  )
})

test('the splat of a cycle of three begins with its chain', () => {
  const splat = splatOf([edge(1, 0), edge(0, 2), edge(2, 1)], NAMES)
  assert.match(
    splat,
    /Chain exists of:\n {2}mmu_notifier_invalidate_range_start --> &kvm->slots_lock --> &kvm->mmu_notifier_slots_lock\n/,
  )
  assert.deepEqual(splat.match(/-> #\d \([^)]*\)/g), [
    '-> #2 (&kvm->mmu_notifier_slots_lock)',
    '-> #1 (&kvm->slots_lock)',
    '-> #0 (mmu_notifier_invalidate_range_start)',
  ])
})

test('a lock that is taken within itself has the splat for that', () => {
  const splat = splatOf([edge(1, 1, { fromMode: SHARED, toMode: SHARED })], NAMES)
  assert.match(splat, /^={44}\nWARNING: possible recursive locking detected\n/)
  assert.doesNotMatch(splat, /chain/)
  assert.match(splat, /CPU0\n {7}----\n {2}rlock\(&kvm->mmu_notifier_slots_lock\);\n {2}rlock\(/)
})
