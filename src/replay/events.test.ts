import assert from 'node:assert/strict'
import test from 'node:test'
import type { EventSink, FaultKind, SpteChange } from './event-sink.ts'
import { EVENTS } from './events.ts'
import { TraceLine } from './trace-line.ts'

/** What the sink was told of an event, or false if its text was not understood. */
function read(event: string, text: string): readonly unknown[] | false {
  const bytes = Buffer.from(`      vhost-1     [000] .....  1.000000: ${event}: ${text}`)
  const line = new TraceLine()
  assert.ok(line.parse(bytes, 0, bytes.length))
  let told: readonly unknown[] = []
  const sink = new Proxy({} as EventSink, {
    get:
      (_, name) =>
      (_line: TraceLine, ...values: readonly unknown[]) => {
        told = [name, ...values]
      },
  })
  return EVENTS[event]!(line, sink) && told
}

const PAGE = 0x1_2345
const kind = (said: Partial<FaultKind>): FaultKind => {
  return { isVirtual: false, isReserved: false, isPrivate: false, state: undefined, ...said }
}

test('the gfn of a fault is found in the text of every kernel', () => {
  assert.deepEqual(read('kvm_page_fault', 'address 12345678 error_code 6'), ['pageFault', PAGE, kind({})])
  const since = 'vcpu 3 rip 0xffffffff81000000 address 0x0000000012345678 error_code 0x100000006'
  assert.deepEqual(read('kvm_page_fault', since), ['pageFault', PAGE, kind({})])
  for (const hsr of ['hsr', 'esr']) {
    const text = (syndrome: string) => `ipa 0x12345678, ${hsr} ${syndrome}, hxfar 0xffff8000, pc 0x00ffff80001234`
    assert.deepEqual(read('kvm_guest_fault', text('0x93800007')), ['guestFault', PAGE, true], 'it may be of a device')
    assert.deepEqual(read('kvm_guest_fault', text('0x92000007')), ['guestFault', PAGE, false], 'it cannot be emulated')
  }
  const right = 'ipa 0x12345678, esr 0x9200004f, hxfar 0xffff8000, pc 0x00ffff80001234'
  assert.deepEqual(read('kvm_guest_fault', right), ['guestFault', PAGE, false])
})

test('the gfn, the address, the bits and the rights of an SPTE are read', () => {
  const text = (spte: string, access: string) => `gfn 12345 spte ${spte} (${access}) level 1 at 18a101f20`
  const installed = (low: number, hasNoUser: boolean) => ['install', PAGE, 1, 0x1_8a10_1f20, low, hasNoUser]
  assert.deepEqual(read('kvm_mmu_set_spte', text('14bcf4e67', 'rwxu')), installed(0x4bcf_4e67, false))
  assert.deepEqual(read('kvm_mmu_set_spte', text('60000014bcf4a77', 'rwx')), installed(0x4bcf_4a77, true))
})

test("fields as ftrace's option `fields` prints them, in either order, say the same", () => {
  const printed: readonly (readonly [string, string, readonly unknown[]])[] = [
    [
      'kvm_page_fault',
      'vcpu_id=0x0 (0) guest_rip=0xffffffff81000000 (-2130706432) fault_address=0x12345678 (305419896) error_code=0x682 (1666)',
      ['pageFault', PAGE, kind({})],
    ],
    [
      'kvm_mmu_set_spte',
      'gfn=0x12345 (74565) spte=0x14bcf4e67 (5566844519) sptep=0x18a101f20 (6611287840) level=0x2 (2) r=0x1 (1) x=0x1 (1) u=0x1 (1)',
      ['install', PAGE, 512, 0x1_8a10_1f20, 0x4bcf_4e67, false],
    ],
    [
      'kvm_tdp_mmu_spte_changed',
      'gfn=0x12345 (74565) old_spte=0x0 (0) new_spte=0x600000112340f77 (1) level=0x1 (1) as_id=0x0 (0)',
      ['spteChanged', PAGE, 1, 'mapped'],
    ],
    ['kvm_unmap_hva_range', 'start=0x12345000 (305418240) end=0x12347000 (305426432)', ['unmap', PAGE, PAGE + 2]],
  ]
  for (const [event, text, told] of printed) {
    const reversed = text.match(/\S+=\S+ \(\S+\)/g)!.toReversed()
    for (const each of [text, ` ${text}`, reversed.join(' ')]) assert.deepEqual(read(event, each), told)
  }
})

test('the address of an SPTE may be missing', () => {
  const told = ['install', PAGE, 1, 0, 0x4bcf_4e47, false]
  assert.deepEqual(read('kvm_mmu_set_spte', 'gfn 12345 spte 14bcf4e47 (r--u) level 1'), told)
})

test('an SPTE of level 2 maps 512 pages', () => {
  const text = 'gfn 200 spte 80000001000008e7 (rwxu) level 2 at 18a101f20'
  assert.deepEqual(read('kvm_mmu_set_spte', text), ['install', 0x200, 512, 0x1_8a10_1f20, 0x8e7, false])
})

test('what became of a TDP SPTE is told from its bits', () => {
  const text = (level: number, was: string, is: string) =>
    `as id 0 gfn 12345 level ${level} old_spte ${was} new_spte ${is}`
  const changes: readonly (readonly [number, string, string, SpteChange])[] = [
    [1, '0', '60000014bcf4b77', 'mapped'],
    [1, '5a0', '60000014bcf4b77', 'mapped'],
    [2, '8000000000000000', '60000014bc00bf7', 'mapped'],
    [2, '100b16907', '600000112200bf7', 'collapsed'],
    [2, '0', '14bcf4907', 'other'],
    [1, '60000014bcf4b77', '0', 'removed'],
    [1, '60000014bcf4b77', '5a0', 'removed'],
    [2, '100b16907', '0', 'table removed'],
    [2, '600000112200bf7', '100b16907', 'other'],
    [1, '60000014bcf4b75', '60000014bcf4b77', 'made writable'],
    [1, '60000014bcf4b77', '60000014bcf4b75', 'other'],
    [1, '0', '5a0', 'other'],
  ]
  for (const [level, was, is, change] of changes) {
    const told = ['spteChanged', PAGE, 512 ** (level - 1), change]
    assert.deepEqual(read('kvm_tdp_mmu_spte_changed', text(level, was, is)), told, `${was} -> ${is}`)
  }
})

test('a range is rounded out to whole pages', () => {
  const range = (start: string, end: string) => `mmu notifier unmap range: ${start} -- ${end}`
  assert.deepEqual(read('kvm_unmap_hva_range', range('0x007f1234560000', '0x007f1234562000')), [
    'unmap',
    0x7_f123_4560,
    0x7_f123_4562,
  ])
  assert.deepEqual(read('kvm_unmap_hva_range', range('0x1800', '0x2001')), ['unmap', 1, 3])
  assert.deepEqual(read('kvm_unmap_hva_range', range('0x00ffffffffffff000', '0xfffffffffffff000')), false)
  assert.deepEqual(read('kvm_unmap_hva_range', range('0xff000000000000', '0xff000000001000')), [
    'unmap',
    0xff0_0000_0000,
    0xff0_0000_0001,
  ])
})

test('a text without the fields that are needed is not understood', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['kvm_page_fault', 'gva 0x1000 error_code 6'],
    ['kvm_page_fault', 'address '],
    ['kvm_guest_fault', 'pc 0x1234'],
    ['kvm_mmu_set_spte', 'gfn 1 spte 2'],
    ['kvm_mmu_set_spte', 'gfn 1 spte 2 (rwxu) level 0 at 3'],
    ['kvm_page_fault', 'vcpu 0 rip 0x1 address 0x0000000012'],
    ['contention_begin', '00000000c6250786 (flags=SPIN|RE'],
    ['kvm_tdp_mmu_spte_changed', 'as id 0 gfn 1 level 1 old_spte 0'],
    ['kvm_unmap_hva_range', 'mmu notifier unmap range: 0x2000 -- 0x1000'],
    ['kvm_unmap_hva_range', 'mmu notifier unmap range: 0x2000'],
    ['contention_begin', '00000000c6250786'],
  ]
  for (const [event, text] of texts) assert.equal(read(event, text), false, text)
})

test('other events are only counted, in whatever words they are printed', () => {
  assert.deepEqual(read('kvm_exit', 'reason EPT_VIOLATION rip 0x1 info 1 2'), ['guestExit', 'ept'])
  assert.deepEqual(read('kvm_entry', 'vcpu 0, rip 0x1 intr_info 0x00000000 error_code 0x00000000[immediate exit]'), [
    'guestEntry',
  ])
  assert.deepEqual(read('kvm_mmu_prepare_zap_page', 'sp gen 0 gfn 10 l4 8-byte q0 wux nxe ad root 2 sync'), ['zap', 0])
  assert.deepEqual(read('kvm_test_age_hva', 'mmu notifier test age hva: 0x007f1234560000'), ['age'])
  assert.deepEqual(
    read('fast_page_fault', 'vcpu 0 gva 1000 error_code P|W sptep 00 old 0x1 new 3 spurious 0 fixed 1'),
    ['fastPageFault', true],
  )
})

test('a fault of x86 says what kind it is by its error code', () => {
  const told = (code: string, address = '0x0000000012345678') =>
    read('kvm_page_fault', `vcpu 0 rip 0x1 address ${address} error_code ${code}`)
  // AMD: at the end of the walk, with a reserved bit; without one; on encrypted memory.
  assert.deepEqual(told('0x10000000f'), ['pageFault', PAGE, kind({ isReserved: true })])
  assert.deepEqual(told('0x100000006'), ['pageFault', PAGE, kind({})])
  assert.deepEqual(told('0x500000004'), ['pageFault', PAGE, kind({ isPrivate: true })])
  // EPT: bit 3 of the exit qualification says that the page was readable.
  assert.deepEqual(told('0x18a'), ['pageFault', PAGE, kind({})])
  // Shadow paging: the code that the guest's CPU gave.
  assert.deepEqual(told('0xd'), ['pageFault', PAGE, kind({ isReserved: true })])
  assert.deepEqual(told('2', 'ffff888012345678'), ['pageFault', 0xf_fff8_8801_2345, kind({ isVirtual: true })])
})

test('a tracepoint that prints the state of invalidations is understood', () => {
  const text =
    'vcpu 0 rip 0x1 address 0x0000000012345678 error_code 0x683, seq = 0x8002dc25, in_prog = 0x0, start = 0x7fa3183a3000'
  const state = { seq: '0x8002dc25', inProgress: '0x0' }
  assert.deepEqual(read('kvm_page_fault', text), ['pageFault', PAGE, kind({ state })])
})

test('the exits and faults of other architectures are read by their own words', () => {
  const riscv = (cause: string) =>
    `SEPC:0xffffffff80001234, SCAUSE:${cause}, STVAL:0xff60000012340000, HTVAL:0x48d15c, HTINST:0x0`
  assert.deepEqual(read('kvm_exit', riscv('0x17')), ['guestFault', 0x1234, false])
  assert.deepEqual(read('kvm_exit', riscv('0x15')), ['guestFault', 0x1234, true])
  assert.deepEqual(read('kvm_exit', riscv('0x8')), ['guestExit', 'other'])
  assert.deepEqual(read('kvm_exit', '[TLB STORE]PC: 0x9000000000221000 Badv: 0x9000000012340000'), ['virtualFault'])
  const radix = 'VCPU 0: hpte=0x40000000000:0x12340190 guest=0x12345190 ea=0x7fff0000,40000000 slot=0x0,0x0'
  assert.deepEqual(read('kvm_page_fault_enter', radix), ['guestFault', PAGE, false])
  const keyed =
    'VCPU 0: hpte=0x4001a2b3c4d5e6f7:0x12345196 guest=0xb000000012345196 ea=0x7fff0000,40000000 slot=0x0,0x0'
  assert.deepEqual(read('kvm_page_fault_enter', keyed), ['guestFault', PAGE, false])
  assert.deepEqual(read('kvm_s390_sie_enter', '00[0704c00180000000-00000000001234a0]: entering sie flags 1'), [
    'guestEntry',
  ])
})

test('trace-cmd report -R prints fields by name, in decimal unless they begin with 0x', () => {
  const fault = 'vcpu_id=0 guest_rip=0xffffffff81012340 fault_address=0x12345678 error_code=0x182'
  assert.deepEqual(read('kvm_page_fault', fault), ['pageFault', PAGE, kind({})])
  const decimal = 'vcpu_id=0 guest_rip=0x1 fault_address=305419896 error_code=386'
  assert.deepEqual(read('kvm_page_fault', decimal), ['pageFault', PAGE, kind({})])
  assert.deepEqual(read('kvm_unmap_hva_range', 'start=0x7f1234560000 end=0x7f1234562000'), [
    'unmap',
    0x7_f123_4560,
    0x7_f123_4562,
  ])
  const spte = 'gfn=74565 spte=5566844535 sptep=6611279648 level=1 r=1 x=1 u=1'
  assert.deepEqual(read('kvm_mmu_set_spte', spte), ['install', PAGE, 1, 0x1_8a10_1f20, 0x4bcf_4e77, false])
  const begin = read('contention_begin', 'lock_addr=0xffff888100000000 flags=5')
  assert.ok(begin !== false)
  assert.equal(String((begin[3] as Buffer).subarray(begin[4] as number, begin[5] as number)), 'SPIN|WRITE')
})

test('memory attributes change in gfns', () => {
  const text = '0x000000018cbc00 -- 0x000000018cbc10 [0x8]'
  assert.deepEqual(read('kvm_vm_set_mem_attributes', text), ['attributesChanged', 0x18c_bc00, 16])
})
