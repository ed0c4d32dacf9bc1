import assert from 'node:assert/strict'
import test from 'node:test'
import { EVENTS, type EventSink } from './events.ts'
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

test('the gfn of a fault is found in the text of every kernel', () => {
  assert.deepEqual(read('kvm_page_fault', 'address 12345678 error_code 6'), ['pageFault', PAGE])
  const since = 'vcpu 3 rip 0xffffffff81000000 address 0x0000000012345678 error_code 0x100000006'
  assert.deepEqual(read('kvm_page_fault', since), ['pageFault', PAGE])
  for (const hsr of ['hsr', 'esr']) {
    const text = `ipa 0x12345678, ${hsr} 0x92000007, hxfar 0xffff8000, pc 0x00ffff80001234`
    assert.deepEqual(read('kvm_guest_fault', text), ['guestFault', PAGE])
  }
})

test('an SPTE is accessed by the bit of the paging mode it belongs to', () => {
  const text = (spte: string, access: string) => `gfn 12345 spte ${spte} (${access}) level 1 at 18a101f20`
  const installed = (isAccessed: boolean) => ['install', PAGE, 1, 0x1_8a10_1f20, isAccessed]
  assert.deepEqual(read('kvm_mmu_set_spte', text('14bcf4e67', 'rwxu')), installed(true))
  assert.deepEqual(read('kvm_mmu_set_spte', text('14bcf4e47', 'r--u')), installed(false))
  assert.deepEqual(read('kvm_mmu_set_spte', text('14bcf4b77', 'rwx')), installed(true))
  assert.deepEqual(read('kvm_mmu_set_spte', text('14bcf4a77', 'rwx')), installed(false))
})

test('an SPTE whose address is not given is an install that leads nobody', () => {
  assert.deepEqual(read('kvm_mmu_set_spte', 'gfn 12345 spte 14bcf4e47 (r--u) level 1'), ['install', PAGE, 1, 0, true])
})

test('an SPTE of level 2 maps 512 pages', () => {
  const text = 'gfn 200 spte 80000001000008e7 (rwxu) level 2 at 18a101f20'
  assert.deepEqual(read('kvm_mmu_set_spte', text), ['install', 0x200, 512, 0x1_8a10_1f20, true])
})

test('a TDP SPTE that becomes a present leaf is an install, any other change is none', () => {
  const text = (level: number, was: string, is: string) =>
    `as id 0 gfn 12345 level ${level} old_spte ${was} new_spte ${is}`
  const changes: readonly (readonly [number, string, string, readonly unknown[]])[] = [
    [1, '0', '60000014bcf4b77', ['tdpInstall', PAGE, 1]],
    [1, '5a0', '60000014bcf4b77', ['tdpInstall', PAGE, 1]],
    [2, '8000000000000000', '60000014bc00bf7', ['tdpInstall', PAGE, 512]],
    [2, '0', '14bcf4907', []],
    [1, '60000014bcf4b77', '0', []],
    [1, '60000014bcf4b75', '60000014bcf4b77', []],
    [1, '0', '5a0', []],
  ]
  for (const [level, was, is, told] of changes) {
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
    ['kvm_mmu_set_spte', '[FAILED TO PARSE] gfn=1 spte=2 sptep=3 level=1 r=1 x=1 u=1'],
    ['kvm_tdp_mmu_spte_changed', 'as id 0 gfn 1 level 1 old_spte 0'],
    ['kvm_unmap_hva_range', 'mmu notifier unmap range: 0x2000 -- 0x1000'],
    ['kvm_unmap_hva_range', 'mmu notifier unmap range: 0x2000'],
    ['contention_begin', '00000000c6250786'],
  ]
  for (const [event, text] of texts) assert.equal(read(event, text), false, text)
})

test('of other events it is enough that they happened, in whatever words', () => {
  assert.deepEqual(read('kvm_exit', 'reason EPT_VIOLATION rip 0x1 info 1 2'), ['guestEntry'])
  assert.deepEqual(read('kvm_entry', 'vcpu 0, rip 0x1 intr_info 0x00000000 error_code 0x00000000[immediate exit]'), [
    'guestEntry',
  ])
  assert.deepEqual(read('kvm_mmu_prepare_zap_page', 'sp gen 0 gfn 10 l4 8-byte q0 wux nxe ad root 2 sync'), ['zap', 0])
  assert.deepEqual(read('kvm_test_age_hva', 'mmu notifier test age hva: 0x007f1234560000'), ['age'])
  assert.deepEqual(
    read('fast_page_fault', 'vcpu 0 gva 1000 error_code P|W sptep 00 old 0x1 new 3 spurious 0 fixed 1'),
    ['fastPageFault'],
  )
})
