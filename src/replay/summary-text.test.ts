import assert from 'node:assert/strict'
import test from 'node:test'
import { inferMemslots } from './infer-memslots.ts'
import { readMemslots } from './read-memslots.ts'
import { readRecording } from './read-recording.ts'
import { line, recorded, tracePath } from './recorded.contract.ts'
import { summarise } from './summary.ts'
import { summaryText } from './summary-text.ts'

test('the summary of a recording reads like this', async () => {
  const recording = await readRecording(tracePath('ksm.trace.gz'), { keepStreams: false, stdin: () => assert.fail() })
  const memslots = await readMemslots('0:0x7f68f7600000:65536')
  const text = `this host
  Its vCPUs wait for mmu_lock: at 5.7 % of the faults, 1.56 ms in all, which is 0.2 % of their time; most likely for other vCPUs' faults.
  to see what helps, with this recording in FILE: faultline bench -s precheck --trace FILE --variant no-precheck --variant precheck
  rests on 13,660 events, 100.0 % of the lines understood, 503 ms

trace
  span           503 ms, 13,672 lines
  faults         13,719/s, 6,895: each SPTE that was set is a fault; 1 mapped along with a neighbour are not; retries do not show
  SPTEs set      13,721/s, 6,896
  invalidations  9,924/s, 4,988
  mmu            shadow

findings
  longest wait: 180 us of vcpu kvm-recorder (16133) for a lock (SPIN|WRITE, mmu_lock), 128 ms after the beginning
  longest hold of mmu_lock that shows: 220 us from the end of a wait to the SPTE, or less: a retry between would not show in this trace
  7 invalidations (0.1 %) hit no memslot: they cost the guest nothing if the kernel leaves mmu_lock alone for them

threads
  role        pid  name          longest wait  longest on CPU  seen
  vcpu      16132  kvm-recorder         25 us  -               2,744 kvm_mmu_set_spte, 2 kvm_unmap_hva_range
  vcpu      16133  kvm-recorder        180 us  -               4,152 kvm_mmu_set_spte, 2 kvm_unmap_hva_range
  notifier  16131  kvm-recorder         25 us  -               4,984 kvm_unmap_hva_range

events
  event                lines
  kvm_mmu_set_spte     6,896
  kvm_unmap_hva_range  4,988
  contention_begin       888
  contention_end         888

invalidations
  pages a range: min 1, median 1, p99 1, max 2,048
  1 page: 4,983   512 to 1,023: 1   1,024 to 2,047: 2   2,048 to 4,095: 2
  7 ranges (0.1 %) hit no memslot

memslots
  memslots as given
  slot 0: gfn 0x0, hva 0x7f68f7600000, 65,536 pages

waits for locks, as the kernel saw them
  role      flags       waits    total  median    p99     max
  vcpu      SPIN|WRITE    391  1.56 ms    1 us  24 us  180 us
  vcpu      SPIN           58   176 us    1 us  55 us   55 us
  vcpu      SPIN|MUTEX      1    91 us   91 us  91 us   91 us
  notifier  SPIN|WRITE    426   712 us    1 us   6 us   25 us
  notifier  SPIN           12    72 us    6 us  22 us   22 us

mmu_lock
  taken to be 00000000c6250786: 391 of 391 waits of vCPUs for a rwlock
  role      flags       waits    total  median    p99     max
  vcpu      SPIN|WRITE    391  1.56 ms    1 us  24 us  180 us
  notifier  SPIN|WRITE    426   712 us    1 us   6 us   25 us
  vCPUs waited at 5.7 % of their faults
  vCPUs waited at 5.7 % of the SPTEs they set
  from the end of a wait to the SPTE of the same fault, an estimate of the hold: median 1 us, p99 26 us, of 384; a retry between the two would not show
`
  assert.equal(summaryText(summarise(recording, memslots!)), text)
})

test('the summary of a trace that holds next to nothing is short', () => {
  const recording = recorded(line('CPU 0/KVM-1', 5, 'kvm_entry', 'vcpu 0, rip 0x1'), 'junk')
  const text = `this host
  No conclusion is possible: the trace has neither faults nor invalidations.
  rests on 1 event, 50.0 % of the lines understood, 0 ns

trace
  span           unknown, 2 lines
  faults         not traced
  SPTEs set      not traced
  invalidations  not traced
  mmu            unknown

threads
  role  pid  name       longest wait  longest on CPU  seen
  vcpu    1  CPU 0/KVM  -             -               its name, 1 kvm_entry or kvm_exit

events
  event      lines
  kvm_entry      1

memslots
  not inferable: no fault was recorded

mmu_lock
  no wait for a lock that may be it is in the trace

warnings
  1 line (50 %) was not understood: 2
  no fault is in the trace although guests ran: faults are not traced (s390 has no event for them), or there were none
`
  assert.equal(summaryText(summarise(recording, inferMemslots(recording))), text)
})

test('a summary is data that JSON can carry', async () => {
  const recording = await readRecording(tracePath('whole.trace.gz'), { keepStreams: false, stdin: () => assert.fail() })
  const summary = summarise(recording, inferMemslots(recording))
  assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
})

test('an event with a count but no rate is not called untraced, and a command names no deleted file', () => {
  const one = recorded(line('CPU 0/KVM-1', 5, 'kvm_page_fault', 'vcpu 0 rip 0x1 address 0x5000 error_code 0x182'))
  assert.match(summaryText(summarise(one, inferMemslots(one))), /\n {2}faults {9}1: each kvm_page_fault is a fault\n/)
})

test('the command for a recording that came from standard input says which file it needs', async () => {
  const recording = await readRecording(tracePath('ksm.trace.gz'), { keepStreams: false, stdin: () => assert.fail() })
  const text = summaryText(summarise(recording, inferMemslots(recording), '-'))
  assert.match(
    text,
    /to see what helps, with this recording in FILE: faultline bench -s precheck --trace FILE --variant/,
  )
})
