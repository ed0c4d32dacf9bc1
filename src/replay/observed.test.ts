import assert from 'node:assert/strict'
import test from 'node:test'
import { fault, guestFault, hex, spte, summaryOf, times, VCPU } from './observed.contract.ts'
import { line, recorded, unmap } from './recorded.contract.ts'
import { vmsOf } from './vms.ts'

test('a fault that an emulated access to the same page follows was one of a device, on arm64 and on x86', () => {
  const arm64 = summaryOf(
    times(40, (at) => [
      guestFault(at * 100, 0x40000 + at),
      line(VCPU, at * 100 + 5, 'kvm_entry', 'PC: 0xffff800010001234'),
      guestFault(at * 100 + 50, 0x9000),
      line(VCPU, at * 100 + 51, 'kvm_mmio', 'mmio write len 4 gpa 0x9000000 val 0x1'),
    ]),
  )
  const x86 = summaryOf(
    times(40, (at) => [
      fault(at * 100, 0x40000 + at),
      spte(at * 100 + 1, 0x40000 + at),
      fault(at * 100 + 50, 0x9000),
      line(VCPU, at * 100 + 51, 'mark_mmio_spte', 'sptep:0x00000000fd98c937 gfn 9000 access 6 gen 5'),
    ]),
  )
  for (const { faults, memslots } of [arm64, x86]) {
    assert.deepEqual([faults?.count, faults?.device], [40, 40])
    assert.deepEqual(
      memslots.slots.map(({ baseGfn }) => baseGfn),
      [0x40000],
    )
  }
})

test('a fault on a page that EPT lets the guest read is one of memory, whatever bit 3 means elsewhere', () => {
  const { faults } = summaryOf(
    times(20, (at) => [
      line(VCPU, at * 10, 'kvm_exit', 'vcpu 0 reason EPT_VIOLATION rip 0x1 info1 0x000000000000000a'),
      fault(at * 10 + 1, 0x100 + at, '0xa'),
      spte(at * 10 + 2, 0x100 + at),
    ]),
  )
  assert.deepEqual([faults?.count, faults?.device], [20, 0])
})

test("what a nested guest faults on is not an address of its host's guest", () => {
  const { faults, memslots } = summaryOf(
    times(20, (at) => [
      fault(at * 100, 0x1000 + at),
      spte(at * 100 + 1, 0x1000 + at),
      line(VCPU, at * 100 + 10, 'kvm_nested_vmenter', 'rip: 0x1 vmcs: 0x1000 nested_rip: 0x1'),
      fault(at * 100 + 20, 0x90000 + at),
      line(VCPU, at * 100 + 30, 'kvm_nested_vmexit_inject', 'reason EPT_VIOLATION ext_inf1: 0x1'),
    ]),
  )
  assert.deepEqual([faults?.count, faults?.nested], [20, 20])
  assert.deepEqual(
    memslots.slots.map(({ baseGfn, pages }) => [baseGfn, pages]),
    [[0x1000, 512]],
  )
})

test('under shadow paging faults are those of SPTEs, and addresses are left aside', () => {
  const { faults, mmu } = summaryOf(
    times(20, (at) => [
      line(VCPU, at * 10, 'kvm_exit', 'vcpu 0 reason PF excp rip 0x1 info1 0x2'),
      fault(at * 10 + 1, 0x7f00 + at, '0x6'),
      spte(at * 10 + 2, 0x400 + at, 'e67'),
    ]),
  )
  assert.deepEqual([faults?.event, faults?.count, faults?.virtual, mmu], ['kvm_mmu_set_spte', 20, 20, 'shadow'])
})

test('a page with failed faults for a limited time is a storm, and not a stuck guest', () => {
  const inVain = times(50, (at) => [fault(at * 5, 0x100)])
  const { findings, verdict } = summaryOf([
    ...inVain,
    spte(300, 0x100),
    ...times(9, (at) => [fault(400 + at, 0x200 + at), spte(400 + at, 0x200 + at)]),
  ])
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['retry storm'],
  )
  assert.match(verdict.says, /50 times in 245 us/)
  const { findings: stuck } = summaryOf([spte(0, 0x300), ...inVain.slice(1)])
  assert.deepEqual(
    stuck.map(({ kind }) => kind),
    ['no progress'],
  )
})

test('two or three faults on a page are no finding', () => {
  const { findings } = summaryOf(
    times(40, (at) => [fault(at * 10, 0x100 + at), fault(at * 10 + 1, 0x100 + at), spte(at * 10 + 2, 0x100 + at)]),
  )
  assert.deepEqual(findings, [])
})

test('the longest time without rescheduling is that between two switches', () => {
  const { threads, findings } = summaryOf([
    fault(1, 1),
    line(
      'bash-9',
      100,
      'sched_switch',
      'prev_comm=bash prev_pid=9 prev_prio=120 prev_state=S ==> next_comm=CPU 0/KVM next_pid=4101 next_prio=120',
    ),
    line(
      VCPU,
      5100,
      'sched_switch',
      'prev_comm=CPU 0/KVM prev_pid=4101 prev_prio=120 prev_state=R ==> next_comm=bash next_pid=9 next_prio=120',
    ),
  ])
  assert.equal(threads[0]?.longestOnCpuNs, 5e6)
  assert.match(findings[0]!.says, /without rescheduling: 5 ms of CPU 0\/KVM/)
})

test('invalidations that come in a rhythm are a scan, and those that do not are none', () => {
  const range = (us: number, page: number, task: string) =>
    line(
      task,
      us,
      'kvm_unmap_hva_range',
      `mmu notifier unmap range: 0x${hex(page * 4096).padStart(14, '0')} -- 0x${hex((page + 512) * 4096).padStart(14, '0')}`,
    )
  const scan = times(8, (at) => [
    fault(at * 1e6, at),
    ...times(9, (part) => [range(at * 1e6 + 50 + part * 20, 0x7f1_0000 + part * 512, VCPU)]),
  ])
  const [found] = summaryOf(scan).findings.filter(({ kind }) => kind === 'scan')
  assert.ok(found?.kind === 'scan')
  assert.deepEqual([found.by, found.periodNs, found.ranges], ['NUMA balancing', 1e9, 72])
  const wild = [3, 1003, 1023, 91_023, 91_030, 91_430, 103_430, 103_431, 103_486].map((us) =>
    range(us, 0x7f1_0000, VCPU),
  )
  assert.deepEqual(
    summaryOf(wild).findings.filter(({ kind }) => kind === 'scan'),
    [],
  )
})

test('what page merging takes away by setting PTEs is counted without a notifier', () => {
  const { removals, warnings } = summaryOf(
    times(12, (at) => [
      line(
        VCPU,
        at * 100,
        'kvm_tdp_mmu_spte_changed',
        `as id 0 gfn ${hex(0x100 + at)} level 1 old_spte 0 new_spte 600000112340b77`,
      ),
      line('ksmd-40', at * 100 + 50, 'kvm_set_spte_hva', 'mmu notifier set pte hva: 0x007f1212340000'),
      line(
        'ksmd-40',
        at * 100 + 51,
        'kvm_tdp_mmu_spte_changed',
        `as id 0 gfn ${hex(0x100 + at)} level 1 old_spte 600000112340b77 new_spte 0`,
      ),
    ]),
  )
  assert.deepEqual(removals['set-pte'], { events: 12, leafs: 12, pages: 12 })
  assert.match(warnings.join(), /12 kvm_set_spte_hva .* took 12 leafs away/)
})

test('VMs are told apart by process, by index, and by the locks that faults wait for; and one VM is one', () => {
  const vcpusOf = (lines: readonly string[]) => {
    const recording = recorded(...lines)
    return vmsOf(recording).map(({ vcpus }) => vcpus)
  }
  const inProcess = (pid: number, tgid: number, us: number) =>
    `${'fc_vcpu 0'.padStart(16)}-${pid}  (${String(tgid).padStart(7)}) [000] .....  50.${String(us).padStart(6, '0')}: kvm_page_fault: vcpu ${pid % 10} rip 0x1 address 0x1000 error_code 0x6`
  assert.deepEqual(vcpusOf([inProcess(205, 200, 1), inProcess(306, 300, 2), inProcess(207, 200, 3)]), [
    [205, 207],
    [306],
  ])
  assert.deepEqual(
    vcpusOf(
      [11, 12, 21, 22].map((pid) =>
        fault(pid, 1, '0x6', `CPU ${(pid % 10) - 1}/KVM-${pid}`).replace('vcpu 0', `vcpu ${(pid % 10) - 1}`),
      ),
    ),
    [
      [11, 12],
      [21, 22],
    ],
  )
  const locked = (pid: number, lock: string) =>
    times(4, (at) => [
      guestFault(at * 10, at, `qemu-${pid}`),
      line(`qemu-${pid}`, at * 10 + 1, 'contention_begin', `${lock} (flags=SPIN|READ)`),
      line(`qemu-${pid}`, at * 10 + 2, 'contention_end', `${lock} (ret=0)`),
    ])
  assert.deepEqual(vcpusOf([...locked(10, '00aa'), ...locked(20, '00bb'), ...locked(11, '00aa')]), [[10, 11], [20]])
  assert.deepEqual(vcpusOf([guestFault(1, 1, 'qemu-10'), guestFault(2, 2, 'qemu-11')]), [[10, 11]])
})

test('a fault that the VMM had to emulate was one of a device', () => {
  const { faults } = summaryOf(
    times(40, (at) => [
      guestFault(at * 100, 0x40000 + at),
      guestFault(at * 100 + 50, 0x9000),
      line(VCPU, at * 100 + 51, 'kvm_userspace_exit', 'reason KVM_EXIT_MMIO (6)'),
    ]),
  )
  assert.deepEqual([faults?.count, faults?.device], [40, 40])
})

test('pages that are unmapped repeatedly are not taken for devices, and a vCPU that faults on them is not stuck', () => {
  const { faults, verdict } = summaryOf(
    times(200, (at) => [guestFault(at * 100, 0x40000 + (at % 4)), unmapped(at * 100 + 50, at % 4)]),
  )
  assert.deepEqual([faults?.count, faults?.device, faults?.repeated], [200, 0, 0])
  assert.doesNotMatch(verdict.says, /stuck/)
})

const unmapped = (us: number, page: number) =>
  line('qemu-kvm-4100', us, 'kvm_unmap_hva', `mmu notifier unmap hva: 0x00007f12000${hex(page)}000`)

test('one page that an old kernel unmaps is an invalidation', () => {
  assert.equal(summaryOf([fault(1, 1), unmapped(2, 1)]).invalidations.count, 1)
})

test('a vCPU of any architecture is known by what only vCPUs do', () => {
  const seen: readonly (readonly [string, string])[] = [
    ['kvm_s390_intercept_instruction', '00[0705c00180000000-00000000001124fa]: intercepted instruction 83 (DIAG)'],
    ['kvm_exit_idle', '[Idle]PC: 0x9000000000001234'],
    ['kvm_wfx_arm64', 'guest executed wfi at: 0xffff800080012345'],
    ['kvm_msr', 'msr_write 6e0 = 0x1234'],
  ]
  for (const [event, text] of seen) {
    const { threads } = summaryOf([line('qemu-9', 1, event, text), unmap(2, 1, 1, 'qemu-9')])
    assert.equal(threads[0]?.role, 'vcpu', event)
  }
})

test('pages zapped by memory attributes are called unknown, and not zero, without events', () => {
  const { warnings, findings } = summaryOf([
    fault(1, 1),
    line('qemu-9', 2, 'kvm_vm_set_mem_attributes', '0x01 -- 0x09 [0x8]'),
  ])
  assert.match(warnings.join(), /took an unknown number of leafs/)
  assert.match(findings.map(({ says }) => says).join(), /how many is not traced/)
})
