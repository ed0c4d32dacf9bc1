import assert from 'node:assert/strict'
import test from 'node:test'
import { chooseMemslots } from './infer-memslots.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import { summarise, type TraceSummary } from './summary.ts'

const [FIRST, SECOND] = ['CPU 0/KVM-101', 'CPU 1/KVM-102']

function summaryOf(lines: readonly string[]): TraceSummary {
  const recording = recorded(...lines)
  recording.finish()
  return summarise(recording, chooseMemslots(recording, undefined))
}
const times = (count: number, lines: (us: number, at: number) => readonly string[]) =>
  Array.from({ length: count }, (_, at) => lines(at * 1000, at)).flat()
const fault = (us: number, gfn: number, task = FIRST) =>
  line(task, us, 'kvm_page_fault', `vcpu 0 rip 0x1 address 0x${(gfn * 4096).toString(16)} error_code 0x182`)
const wait = (us: number, flags: string, task: string) => [
  line(task, us, 'contention_begin', `00000000aa11bb22 (flags=${flags})`),
  line(task, us + 3, 'contention_end', '00000000aa11bb22 (ret=0)'),
]

test('a fault that waits for read did not wait for another fault, which reads too, and one that waits for write may have', () => {
  const contested = (flags: string) =>
    summaryOf([
      unmap(0, 0x7000, 8),
      ...times(4, (us, at) => [
        fault(us + 10, 0x1200 + at),
        fault(us + 11, 0x1300 + at, SECOND),
        ...wait(us + 12, flags, SECOND).slice(0, 1),
        setSpte(us + 14, 0x1200 + at, FIRST),
        ...wait(us + 12, flags, SECOND).slice(1),
        setSpte(us + 16, 0x1300 + at, SECOND),
      ]),
    ]).mmuLock?.waitedFor
  assert.deepEqual([contested('SPIN|WRITE')?.fault.count, contested('SPIN|WRITE')?.notifier.count], [4, 0])
  const reading = contested('SPIN|READ')
  assert.deepEqual([reading?.fault.count, reading?.notifier.count, reading?.unknown.count], [0, 1, 3])
})

test('waits of a vCPU outside of its faults are no share of its faults', () => {
  const { verdict, mmuLock } = summaryOf(
    times(10, (us, at) => [
      fault(us, 0x1200 + at),
      ...(at === 0 ? wait(us + 1, 'SPIN|WRITE', FIRST) : []),
      setSpte(us + 5, 0x1200 + at, FIRST),
      unmap(us + 50, 0x7000 + at, 1, FIRST),
      ...wait(us + 51, 'SPIN|WRITE', FIRST),
    ]),
  )
  assert.equal(mmuLock?.faultsThatWaited, 1)
  assert.match(verdict.says, /at 10\.0 % of the faults/)
})

test('waits that were in no fault are counted by themselves', () => {
  const says = (waits: number) =>
    summaryOf([
      ...times(4, (us, at) => [fault(us, 0x1200 + at), setSpte(us + 1, 0x1200 + at, FIRST)]),
      ...times(waits, (us) => [
        line(FIRST, us + 4050, 'contention_begin', '00000000aa11bb22 (flags=SPIN|WRITE)'),
        line(FIRST, us + 4450, 'contention_end', '00000000aa11bb22 (ret=0)'),
      ]),
    ]).verdict.says
  assert.match(says(1), /wait for mmu_lock: 1 time, /)
  assert.match(says(4), /wait for mmu_lock: 4 times, /)
})

test('flags of a wait that are printed as a number are the same flags', () => {
  for (const [printed, named] of [
    ['0x3', 'SPIN|READ'],
    ['5', 'SPIN|WRITE'],
    ['0xc', 'WRITE|RT'],
  ] as const) {
    const { contention } = summaryOf([fault(0, 0x1200), ...wait(1, printed, FIRST), setSpte(5, 0x1200, FIRST)])
    assert.deepEqual(
      contention.map(({ flags }) => flags),
      [named],
    )
  }
})

test('an exit to userspace for MMIO behind a fault, with no entry between, was an access to a device', () => {
  const { faults } = summaryOf(
    times(10, (us, at) => [
      line(FIRST, us, 'kvm_exit', 'vcpu 0 reason EPT_VIOLATION rip 0x1 info1 0x181'),
      fault(us, 0xfe000 + at),
      line(FIRST, us + 1, 'kvm_userspace_exit', 'reason KVM_EXIT_MMIO (6)'),
      line(FIRST, us + 2, 'kvm_entry', 'vcpu 0, rip 0x1'),
      fault(us + 10, 0x1200 + at),
      line(FIRST, us + 12, 'kvm_entry', 'vcpu 0, rip 0x1'),
      line(FIRST, us + 13, 'kvm_userspace_exit', 'reason KVM_EXIT_MMIO (6)'),
    ]),
  )
  assert.deepEqual([faults?.count, faults?.device], [10, 10])
})

test('a kvm_set_spte_hva of a page that was just taken away takes nothing away itself', () => {
  const { removals, findings } = summaryOf(
    times(6, (us, at) => [
      setSpte(us, 0x1200 + at, FIRST),
      unmap(us + 10, 0x7000 + at, 1, 'ksmd-55'),
      line(
        'ksmd-55',
        us + 20,
        'kvm_set_spte_hva',
        `mmu notifier set pte hva: 0x${((0x7000 + at) * 4096).toString(16)}`,
      ),
    ]),
  )
  assert.equal(removals['set-pte'].events, 0)
  assert.equal(removals.notifier.events, 6)
  assert.ok(findings.every(({ kind }) => kind !== 'without notifier'))
  assert.match(
    findings.find(({ kind }) => kind === 'scan')!.says,
    /^a scan: 6 .* median 1 page\), raised by ksmd \(55\): page merging$/,
  )
})

test('a regular thread of which nothing else is known has a rhythm, and is no scan', () => {
  const { findings } = summaryOf(times(6, (us, at) => [setSpte(us, 0x1200 + at, FIRST), unmap(us + 10, 0x7000, 8)]))
  assert.match(findings.find(({ kind }) => kind === 'scan')!.says, /^a rhythm: 6 invalidations come every 1 ms/)
})

test('invalidations in a function trace only are reported as unknown, not as zero', () => {
  const { warnings, invalidationsPerSecond } = summaryOf([
    fault(0, 0x1200),
    'qemu-kvm-200 [001] ..... 1000.000005: kvm_mmu_notifier_invalidate_range_start <-__mmu_notifier_invalidate_range_start',
    fault(9, 0x1201),
  ])
  assert.equal(invalidationsPerSecond, null)
  assert.match(warnings.join(), /kvm_mmu_notifier_invalidate_range_start is called 1 times .* no ranges/)
})

test('what is not traced has no number: neither 0 invalidations nor 0 SPTEs nor 0 leafs', () => {
  const { invalidations, sptesSet, removals } = summaryOf(times(4, (us, at) => [fault(us, 0x1200 + at)]))
  assert.deepEqual([invalidations.count, invalidations.everything, sptesSet], [null, null, null])
  const unknown = { events: null, leafs: null, pages: null }
  assert.deepEqual(removals, { notifier: unknown, attributes: unknown, 'set-pte': unknown, own: unknown })
})

test('leafs that are zapped while invalidations are not traced have an unknown cause', () => {
  const change = (us: number, gfn: number, old: string, now: string) =>
    line(
      FIRST,
      us,
      'kvm_tdp_mmu_spte_changed',
      `as id 0 gfn ${gfn.toString(16)} level 1 old_spte ${old} new_spte ${now}`,
    )
  const lines = times(4, (us, at) => [
    fault(us, 0x1200 + at),
    change(us + 2, 0x1200 + at, '0', '600000112340f77'),
    change(us + 500, 0x1200 + at, '600000112340f77', '0'),
  ])
  const { findings } = summaryOf(lines)
  assert.match(findings.find(({ kind }) => kind === 'removed')!.says, /^4 leafs .* which is unknown, because kvm_unmap/)
  const told = summaryOf([...lines, unmap(9000, 0x7000, 8)]).findings
  assert.ok(told.some(({ kind }) => kind === 'without notifier') && told.every(({ kind }) => kind !== 'removed'))
})

test('events of probes are named, and their arguments not taken for those of tracepoints', () => {
  const { warnings, faults } = summaryOf([
    fault(0, 0x1200),
    line(FIRST, 1, 'p_kvm_mmu_page_fault_0', '(kvm_mmu_page_fault+0x0/0x5d0 [kvm]) cr2=0x1200000 error=0x182'),
    line(FIRST, 2, 'kvm_tdp_mmu_map', '(ffffffffc0a01234) gfn=0x1200'),
    line(FIRST, 3, 'irq_handler_exit', '(not a probe)'),
  ])
  assert.equal(faults?.count, 1)
  assert.match(warnings.join(), /^2 events are probes/)
})

test('waits are unknown where only their begins or only their ends are recorded, and said to be of other locks where they are', () => {
  const begin = (us: number) => line(FIRST, us, 'contention_begin', '00000000aaaaaaaa (flags=MUTEX)')
  const end = (us: number) => line(FIRST, us, 'contention_end', '00000000aaaaaaaa (ret=0)')
  for (const [waits, says] of [
    [[], /shows no waits for mmu_lock: either there were none, or/],
    [[begin], /is unknown: lock:contention_begin was recorded without lock:contention_end/],
    [[end], /is unknown: lock:contention_end was recorded without lock:contention_begin/],
    [[begin, end], /has waits for locks, but none that may be for mmu_lock/],
  ] as const) {
    const { verdict } = summaryOf(
      times(4, (us, at) => [fault(us, 0x1200 + at), ...waits.map((of, after) => of(us + 1 + after))]),
    )
    assert.match(verdict.says, says)
  }
})

test('a page that the host ages on arm64 is no fault that repeats, and a vCPU that faults on one page now and then is not stuck', () => {
  const fault = (us: number, esr: string) =>
    line('kvm-vcpu-0-100', us, 'kvm_guest_fault', `ipa 0x40000000, esr ${esr}, hxfar 0xffff0000, pc 0xffff800008000000`)
  const of = (everyUs: number, esr: string) =>
    summaryOf([fault(0, '0x92000007'), ...Array.from({ length: 40 }, (_, at) => fault((at + 1) * everyUs, esr))])
  for (const [everyUs, esr, repeated, isStuck] of [
    [100, '0x9200000b', 0, false],
    [500_000, '0x9200000b', 0, false],
    [500_000, '0x9200000f', 40, false],
    [100, '0x9200000f', 40, true],
    [100, '0x92000007', 40, true],
  ] as const) {
    const { faults, verdict } = of(everyUs, esr)
    assert.deepEqual(
      [faults!.count, faults!.repeated, /stuck/.test(verdict.says)],
      [41, repeated, isStuck],
      `${everyUs} ${esr}`,
    )
  }
})
