import assert from 'node:assert/strict'
import test from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { assertHoldsKvm } from './not-a-recording.ts'
import { isWaitTable, whyNoRows } from './perf-lock.ts'
import { recorded } from './recorded.contract.ts'
import { roleWaits } from './wait-costs.ts'

function refusalOf(text: string): string {
  try {
    assertHoldsKvm(recorded(...text.split('\n')), 'FILE', text)
  } catch (error) {
    assert.ok(error instanceof ReplayError)
    assert.match(error.hint, /\S/)
    return error.message
  }
  return assert.fail('it was read')
}

/** How the tool's text begins, and how it is named. */
const TOOLS: readonly (readonly [string, RegExp])[] = [
  ['@[\n    kvm_mmu_notifier_invalidate_range_start+1\n]: 4711', /stacks that a bpftrace script counted/],
  ['-   12.34%     0.10%  CPU 0/KVM   [kernel.kallsyms]  [k] queued_write_lock_slowpath', /perf report/],
  ['Percent |      Source code & Disassembly of kvm.ko for cycles (123 samples)', /perf report or annotate/],
  ['#           time             counts unit events\n     1.001050000   1,234   kvm:kvm_page_fault', /perf stat -I/],
  [
    '    time    cpu  task name          wait time  sch delay   run time\n  1.5 [0003]  CPU 0/KVM[4101]  0.0 0.0 1.2',
    /perf sched timehist/,
  ],
  ['Thread ID: comm\n       0: swapper', /perf lock info/],
  ['Timestamp,kvm_entry,kvm_exit\n2024-03-05 11:22:33,123,123', /log of kvm_stat/],
  ['name: kvm_page_fault\nID: 1234\nformat:\n\tfield:unsigned short common_type;', /format description of an event/],
  ['PID: 4101   TASK: ffff8c2a41b3c0d8  CPU: 3   COMMAND: "CPU 0/KVM"', /crash dump/],
  ['numa_pte_updates 123456\nnuma_hint_faults 12345', /vmstat/],
  ['version 15\ntimestamp 4295123456\ncpu0 0 0 0', /schedstat/],
  [
    '  Function                 Hit    Time            Avg             s^2\n  kvm_tdp_page_fault   12345    12345.67 us     1.000 us',
    /profile of functions/,
  ],
  [
    '# tracer: osnoise\n#\n           <...>-859     [000] ....    81.637220: 1000000        190  99.98100',
    /latency tracers/,
  ],
  ['4101@1709634153.123456:kvm_run_exit cpu_index 0, reason 2', /QEMU's own events/],
  ['CPU 0/KVM;entry_SYSCALL_64;kvm_vcpu_ioctl;vcpu_run 234', /flame graph/],
  ['        Caller  Avg Wait    Count   Max Wait   Total Wait', /klockstat/],
  ['{"type": "printf", "data": "fault 7311 140400\\n"}', /bpftrace script as JSON/],
  ['PID      TID      KVM_EXIT_REASON                     COUNT', /tool of BCC/],
  ['kvm_entry                                     123456      1234\nexits   3   0', /output of kvm_stat/],
  [' kvm_entry kvm_exit kvm_page_fault\n 12 12 3', /output of kvm_stat/],
  ['  kvm:kvm_exit                                       [Tracepoint event]', /names of events/],
  ['kvm:kvm_entry\nkvm:kvm_exit\nkvm:kvm_fpu\n', /names of events/],
  ['Buffer size in kilobytes (per cpu):\n   1408', /trace-cmd stat/],
  ['  Event: kvm_exit (1234) Total: 123456789 Avg: 100046 Max: 23', /profile of trace-cmd/],
  ['  *A0           5000.123456 secs A0 => CPU 0/KVM:7311', /perf sched map/],
  ['Linux 6.8.0 (hv17) \t03/05/2024 \t_x86_64_\t(64 CPU)', /sar, mpstat/],
  ['[002]   5000.000000: hyp_enter: reason=smc vcpu=0', /pKVM's hypervisor/],
  ['[ 12.5] WARNING: possible circular locking dependency detected', /report of lockdep/],
  ['diff --git a/arch/x86/kvm/mmu/mmu.c b/arch/x86/kvm/mmu/mmu.c\n--- a/arch', /a patch/],
]

for (const [text, named] of TOOLS) {
  test(`a text is named for its tool: ${named.source}`, () => assert.match(refusalOf(text), named))
}

test('a table of waits is told by whatever columns it has, and why no cost follows from it is said', () => {
  const row = (columns: string, rest: string) => ` contended   ${columns}\n\n   120   1.31 ms     ${rest}\n`
  const texts: readonly (readonly [string, RegExp])[] = [
    [row('total wait         type   caller', 'rwlock:W   kvm_tdp_page_fault+0x54'), /some columns only \(-F\)/],
    [row('  avg wait         type   caller', 'rwlock:W   kvm_tdp_page_fault+0x54'), /some columns only \(-F\)/],
    [
      row('total wait     max wait     avg wait          pid   owner', '1.0 us  1.0 us 4101 CPU 0/KVM'),
      /held locks \(-o\)/,
    ],
    [
      row('total wait     max wait     avg wait          pid   comm', '1.0 us  1.0 us 4101 CPU 0/KVM'),
      /lists tasks \(-t\)/,
    ],
  ]
  for (const [text, why] of texts) {
    assert.ok(isWaitTable(text), text)
    assert.match(whyNoRows(text), why)
    assert.match(refusalOf(text), /perf lock contention/)
  }
})

test("waits for KVM's mutexes, and for spinlocks outside of faults and notifiers, do not count for mmu_lock", () => {
  const table = (kind: string, caller: string) =>
    ` contended   total wait     max wait     avg wait         type   caller\n\n  3  31.32 us  11.12 us  10.44 us  ${kind}   ${caller}\n`
  const count = (kind: string, caller: string) => roleWaits(table(kind, caller)).length
  assert.equal(count('mutex', 'kvm_vm_ioctl+0x1d4'), 0)
  assert.equal(count('rwsem:W', 'kvm_mmu_notifier_invalidate_range_start+0x1d4'), 0)
  assert.equal(count('spinlock', 'kvm_irqfd_assign+0x10'), 0)
  assert.equal(count('spinlock', 'kvm_riscv_gstage_page_fault+0x10'), 1)
  assert.equal(count('ffff8c2a41b3c0d8', 'kvm_lock (mutex)'), 0)
  assert.equal(count('ffff9f5b83c81000', '&(kvm)->mmu_lock (rwlock)'), 1)
  assert.deepEqual(
    roleWaits(table('rwlock:R', 'kvm_tdp_mmu_map+0x54')).map(({ role }) => role),
    ['vcpu'],
  )
})

const TABLE = ` contended   total wait     max wait     avg wait         type   caller

       172     82.51 ms      4.31 ms    479.71 us     rwlock:W   kvm_mmu_notifier_invalidate_range_start+0x1a1
      1204     61.20 ms      2.31 ms     50.83 us     rwlock:R   kvm_tdp_page_fault+0x76
`

test('a table of waits is the same in a mail, with decimal commas, and with another separator', () => {
  const expected = roleWaits(TABLE)
  assert.deepEqual(
    expected.map(({ role, waits, totalNs }) => [role, waits, totalNs]),
    [
      ['vcpu', 1204, 61.2e6],
      ['notifier', 172, 82.51e6],
    ],
  )
  const quoted = TABLE.replace(/^/gm, '>> ')
  const commas = TABLE.replace(/(\d)\.(\d)/g, '$1,$2')
  for (const text of [quoted, commas, TABLE.replaceAll('\n', '\r\n')]) {
    assert.ok(isWaitTable(text))
    assert.deepEqual(roleWaits(text), expected)
  }
  const separated = `# output: contended; total wait; max wait; avg wait; type; caller
1204; 61200000; 2310000; 50830; rwlock:R; kvm_tdp_page_fault+0x76`
  assert.ok(isWaitTable(separated))
  assert.equal(roleWaits(separated)[0]!.totalNs, 61.2e6)
})

test('rows of tasks are no waits for mmu_lock, whatever the tasks are called', () => {
  const tasks = ` contended   total wait     max wait     avg wait          pid   comm

       172     82.51 ms      4.31 ms    479.71 us         4100   qemu-kvm
`
  assert.deepEqual(roleWaits(tasks), [])
  assert.match(whyNoRows(tasks), /leave -t out/)
})

test('/proc/lock_stat has the waits of both sides of mmu_lock', () => {
  const row = (name: string, ...numbers: readonly number[]) => `${`${name}:`.padStart(40)} ${numbers.join('  ')}`
  const text = `lock_stat version 0.4
------
                              class name    con-bounces    contentions   waittime-min   waittime-max waittime-total   waittime-avg    acq-bounces   acquisitions   holdtime-min   holdtime-max holdtime-total   holdtime-avg
------
${row('&(kvm)->mmu_lock-W', 172, 170, 0.51, 431, 85000, 500, 1204, 33544, 0.1, 510.2, 412345, 12.29)}
${row('&(kvm)->mmu_lock-R', 1204, 1200, 0.31, 231, 60000, 50, 1204, 93544, 0.1, 55.2, 112345, 1.2)}
                     &(kvm)->mmu_lock            170          [<00000000c1a7aab8>] kvm_mmu_notifier_invalidate_range_start+0x1a1/0x300 [kvm]
${row('&mm->mmap_lock-R', 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)}`
  const found = roleWaits(text)
  assert.deepEqual(
    found.map(({ role, waits, totalNs, averageNs, maxNs, kinds }) => [
      role,
      waits,
      totalNs,
      averageNs,
      maxNs,
      kinds[0],
    ]),
    [
      ['vcpu', 1200, 60e6, 50e3, 231e3, 'rwlock:R'],
      ['notifier', 170, 85e6, 500e3, 431e3, 'rwlock:W'],
    ],
  )
  assert.ok(isWaitTable(text))
  const mixed = text.replace(
    / +&\(kvm\)->mmu_lock {3,}170.*\n/,
    (line) => line + line.replace(/kvm_mmu_notifier\w+/, 'kvm_zap_gfn_range'),
  )
  assert.deepEqual(
    roleWaits(mixed).map(({ role }) => role),
    ['other'],
  )
  const spinlock = text.replace(/mmu_lock-W/, 'mmu_lock').replace(/.*mmu_lock-R.*\n/, '')
  assert.deepEqual(
    roleWaits(spinlock).map(({ role }) => role),
    ['other'],
  )
  assert.match(refusalOf(text), /lock_stat: sums of waits/)
})
