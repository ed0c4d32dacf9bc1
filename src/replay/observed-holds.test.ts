import assert from 'node:assert/strict'
import test from 'node:test'
import { spte, summaryOf, times, VCPU } from './observed.contract.ts'
import { line } from './recorded.contract.ts'

const hold = (us: number, flags = 'SPIN|READ') => [
  line(VCPU, us, 'contention_begin', `00000000aa11bb22 (flags=${flags})`),
  line(VCPU, us + 1, 'contention_end', '00000000aa11bb22 (ret=0)'),
]
const switched = (us: number) =>
  line(
    VCPU,
    us,
    'sched_switch',
    'prev_comm=CPU 0/KVM prev_pid=4101 prev_prio=120 prev_state=S ==> next_comm=swapper/0 next_pid=0 next_prio=120',
  )

test('whatever shows that a task gave mmu_lock up ends its hold', () => {
  const between: readonly ((us: number) => string)[] = [
    (us) => line(VCPU, us, 'kvm_userspace_exit', 'reason KVM_EXIT_IO (2)'),
    (us) => line(VCPU, us, 'kvm_msr', 'msr_write 6e0 = 0x1234'),
    switched,
    (us) => line(VCPU, us, 'contention_begin', '00000000cc33dd44 (flags=MUTEX)'),
    (us) => line(VCPU, us, 'kvm_unmap_hva_range', 'mmu notifier unmap range: 0x0000000000001000 -- 0x0000000000002000'),
  ]
  for (const event of between) {
    const { mmuLock } = summaryOf(times(20, (at) => [...hold(at * 100), event(at * 100 + 2), spte(at * 100 + 50, at)]))
    assert.equal(mmuLock?.holdEstimateNs, null, event(0))
  }
})

test('a lock of PREEMPT_RT is held while its holder sleeps', () => {
  const lines = times(20, (at) => [...hold(at * 100, 'RT|READ'), switched(at * 100 + 2), spte(at * 100 + 50, at)])
  assert.equal(summaryOf(lines).mmuLock?.holdEstimateNs?.median, 49_000)
})

test('where a retry would not show, a way of milliseconds from a wait to an SPTE is no hold', () => {
  const { mmuLock } = summaryOf(times(20, (at) => [...hold(at * 9000), spte(at * 9000 + 5000, at)]))
  assert.deepEqual([mmuLock?.holdsAreSure, mmuLock?.holdEstimateNs], [false, null])
})
