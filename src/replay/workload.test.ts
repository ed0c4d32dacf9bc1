import assert from 'node:assert/strict'
import test from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { accessesOf } from '../workers/accesses.ts'
import { invalidationsOf } from '../workers/invalidations.ts'
import { inferMemslots } from './infer-memslots.ts'
import type { KnownMemslots } from './memslots.ts'
import { readMemslots } from './read-memslots.ts'
import { readRecording } from './read-recording.ts'
import { line, recorded, setSpte, tracePath, unmap } from './recorded.contract.ts'
import type { Recording } from './recording.ts'
import { parseSpeed } from './speed.ts'
import { type Workload, workloadOf } from './workload.ts'

const HVA = 0x7_f546_bc00
const KNOWN: KnownMemslots = {
  origin: 'given',
  says: 'memslots as given',
  slots: [{ slot: 0, baseGfn: 0, hva: HVA, pages: 4096 }],
}
const ONCE = { speed: 1, notifiers: 4 } as const
const refusal = (message: RegExp) => (error: unknown) => error instanceof ReplayError && message.test(error.message)

const fault = (us: number, address: number, task = 'CPU 0/KVM-100') =>
  line(task, us, 'kvm_page_fault', `vcpu 0 rip 0x0 address 0x${address.toString(16)} error_code 0x6`)
const gfnsOf = (recording: Recording) => [...workloadOf(recording, KNOWN, ONCE).vcpus[0]!.accesses.gfns]

test('a real recording becomes one stream a thread, in shared memory', async () => {
  const recording = await readRecording(tracePath('numa.trace.gz'), { keepStreams: true, stdin: () => assert.fail() })
  const workload = workloadOf(recording, (await readMemslots(tracePath('numa.json')))!, ONCE)
  assert.deepEqual(
    workload.vcpus.map(({ pid }) => pid),
    [16147, 16148],
  )
  assert.deepEqual(
    workload.notifiers.map(({ pid }) => pid),
    [16146],
  )
  assert.equal(workload.faults, 25_241)
  assert.equal(workload.foldedSptes, 15_166)
  assert.match(workload.faultsSay, /15,166 mapped along with a neighbour are not/)
  assert.equal(workload.faultsOutsideMemslots, 0)
  assert.equal(workload.invalidations, 307)
  assert.equal(workload.invalidationsOutsideMemslots, 7)
  assert.deepEqual(workload.warnings, ['4 invalidations of 2 other tasks are raised by the busiest notifier'])
  for (const { accesses } of workload.vcpus) {
    assert.ok(accesses.gfns.buffer instanceof SharedArrayBuffer && accesses.atNs.buffer instanceof SharedArrayBuffer)
    assert.ok(accesses.atNs.every((at, index) => index === 0 || at >= accesses.atNs[index - 1]!))
    assert.ok(accesses.atNs.at(-1)! <= workload.replayNs)
  }
})

const contended = (us: number, task: string): string[] => [
  line(task, us, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
  line(task, us + 1, 'contention_end', '00000000a (ret=0)'),
]

test('notifiers that wait again and again within an unmap yield: the recorded kernel was preemptible', () => {
  const faults = Array.from({ length: 100 }, (_, n) => [...contended(n * 10, 'CPU 0/KVM-100'), setSpte(n * 10 + 2, n)])
  const unmaps = [unmap(2000, HVA, 512), unmap(3000, HVA, 512)]
  const waiting = (count: number) => Array.from({ length: count }, (_, n) => contended(2100 + n * 10, 'qemu-kvm-200'))
  const preempt = (waits: number) =>
    workloadOf(recorded(...faults.flat(), ...unmaps, ...waiting(waits).flat()), KNOWN, ONCE).preempt
  assert.equal(preempt(2), 'none')
  assert.equal(preempt(30), 'full')
  assert.equal(workloadOf(recorded(setSpte(1, 1), ...unmaps), KNOWN, ONCE).preempt, null)
})

test('what hits a memslot in a recording hits it in the replay, with mapping given and inferred', async () => {
  const recording = await readRecording(tracePath('ksm.trace.gz'), { keepStreams: true, stdin: () => assert.fail() })
  for (const known of [(await readMemslots(tracePath('ksm.json')))!, inferMemslots(recording)]) {
    const { memslots, notifiers } = workloadOf(recording, known, ONCE)
    const { hva, pages } = memslots[0]!
    const { startHvas, endHvas } = notifiers[0]!.invalidations
    const hits = startHvas.filter((start, index) => start < hva + pages && endHvas[index]! > hva)
    assert.equal(hits.length, 4981)
    assert.ok(startHvas.every((start, index) => start >= 0 && endHvas[index]! > start && endHvas[index]! < 2 ** 30))
  }
})

/** How many faults find their gfn unmapped if everything happens in the recorded order, in no time. */
function faultsInOrder({ vcpus, notifiers, memslots }: Workload): number {
  const faults = vcpus.flatMap(({ accesses: { atNs, gfns } }) =>
    Array.from(gfns, (gfn, at) => ({ atNs: atNs[at]!, gfn })),
  )
  const ranges = notifiers.flatMap(({ invalidations: { atNs, startHvas, endHvas } }) =>
    Array.from(atNs, (time, at) => ({ atNs: time, start: startHvas[at]!, end: endHvas[at]! })),
  )
  const [{ baseGfn, hva }] = memslots as [Workload['memslots'][number]]
  const mapped = new Set<number>()
  let found = 0
  for (const event of [...ranges, ...faults].toSorted((a, b) => a.atNs - b.atNs)) {
    if ('gfn' in event) {
      if (!mapped.has(event.gfn)) found += 1
      mapped.add(event.gfn)
    } else {
      for (let page = event.start; page < event.end; page += 1) mapped.delete(page - hva + baseGfn)
    }
  }
  return found
}

test('in the recorded order every fault of a recording finds its gfn unmapped, with mapping given and inferred', async () => {
  for (const name of ['ksm', 'numa', 'unrelated', 'whole']) {
    const path = tracePath(`${name}.trace.gz`)
    const recording = await readRecording(path, { keepStreams: true, stdin: () => assert.fail() })
    for (const known of [(await readMemslots(tracePath(`${name}.json`)))!, inferMemslots(recording)]) {
      const workload = workloadOf(recording, known, ONCE)
      assert.equal(faultsInOrder(workload), workload.faults, `${name}, ${known.origin}`)
    }
  }
})

test('memslot updates are told by the runs of zaps, and what becomes of the zaps is said', async () => {
  const recording = await readRecording(tracePath('memslot.trace.gz'), {
    keepStreams: true,
    stdin: () => assert.fail(),
  })
  const workload = workloadOf(recording, inferMemslots(recording), ONCE)
  assert.match(workload.zapsSay[0]!, /^2,739 page tables were zapped \(.*\); each run of them is replayed/)
  const fast = workloadOf(recording, inferMemslots(recording), { speed: 'max', notifiers: 4 })
  assert.match(fast.zapsSay[0]!, /; not replayed/)
  // The recorder noted 432: half of them are deletions.
  const [updater, ...others] = workload.updaters
  assert.deepEqual([updater!.pid, updater!.atNs.length, others.length], [16195, 216, 0])
  assert.match(workload.updatesSay[0]!, /^432 memslot updates are replayed/)
  assert.deepEqual(
    [...updater!.atNs],
    [...updater!.atNs].toSorted((a, b) => a - b),
  )
  const { spareMemslot, memslots } = workload
  for (const { slot, baseGfn, hva, pages } of memslots) {
    assert.ok(spareMemslot.slot !== slot && spareMemslot.baseGfn >= baseGfn + pages && spareMemslot.hva >= hva + pages)
  }
})

test('a run of zaps ends where the generation turns over, or where nothing was zapped for a while', () => {
  const zap = (us: number, text: string) => line('slots-300', us, 'kvm_mmu_prepare_zap_page', text)
  const sp = (generation: number) => `sp gen ${generation} gfn 10 l4 8-byte q0 wux nxe ad root 2 sync`
  const recording = recorded(
    setSpte(0, 1),
    zap(100, sp(0)),
    zap(110, sp(0)),
    zap(120, sp(1)),
    zap(130, sp(1)),
    zap(50_000, sp(1)),
    zap(50_010, 'sp gfn 10 4 pae q0 wux'),
  )
  const [updater] = workloadOf(recording, KNOWN, ONCE).updaters
  assert.deepEqual([...updater!.atNs], [1e5, 1.2e5, 5e7, 5.001e7])
})

test('times are divided by the speed', () => {
  const recording = recorded(setSpte(0, 1), setSpte(1000, 2), unmap(3000, HVA, 1))
  const { vcpus, notifiers, recordedNs, replayNs } = workloadOf(recording, KNOWN, { speed: 10, notifiers: 4 })
  assert.deepEqual([...vcpus[0]!.accesses.atNs], [0, 1e5])
  assert.deepEqual([...notifiers[0]!.invalidations.atNs], [3e5])
  assert.deepEqual([recordedNs, replayNs], [3e6, 3e5])
})

test('at the speed max roles play without times, over and over', () => {
  const recording = recorded(setSpte(0, 1), setSpte(1000, 2), unmap(3000, HVA, 1))
  const { vcpus, notifiers, replayNs } = workloadOf(recording, KNOWN, { speed: 'max', notifiers: 4 })
  assert.equal(replayNs, 0)
  const accesses = accessesOf(vcpus[0]!.accesses)
  const seen = Array.from({ length: 5 }, () => [accesses.next(), accesses.gfn, accesses.atNs])
  assert.deepEqual(seen, [
    [true, 1, -1],
    [true, 2, -1],
    [true, 1, -1],
    [true, 2, -1],
    [true, 1, -1],
  ])
  const invalidations = invalidationsOf(notifiers[0]!.invalidations)
  assert.deepEqual([invalidations.next(), invalidations.next(), invalidations.atNs], [true, true, -1])
})

test('a stream with times ends after its last event', () => {
  const { vcpus } = workloadOf(recorded(setSpte(0, 1), setSpte(1000, 2)), KNOWN, ONCE)
  const accesses = accessesOf(vcpus[0]!.accesses)
  assert.deepEqual([accesses.next(), accesses.next(), accesses.atNs, accesses.next()], [true, true, 1e6, false])
})

test("faults are taken from the fault's own event before they are from the SPTEs", () => {
  const both = recorded(fault(1, 0x5123), setSpte(2, 5), fault(3, 0x6000), fault(4, 0x6000), setSpte(5, 6))
  assert.deepEqual(gfnsOf(both), [5, 6, 6])
  const arm = recorded(line('qemu-100', 1, 'kvm_guest_fault', 'ipa 0x5000, hsr 0x92000007, hxfar 0x1, pc 0x1'))
  assert.deepEqual(gfnsOf(arm), [5])
  const tdp = (gfn: number, was: string, is: string) =>
    line('a-1', gfn, 'kvm_tdp_mmu_spte_changed', `as id 0 gfn ${gfn} level 1 old_spte ${was} new_spte ${is}`)
  assert.deepEqual(gfnsOf(recorded(tdp(5, '0', '8b7'), tdp(6, '8b7', '0'))), [5])
})

test("addresses of the guest's own are not taken for gfns", () => {
  const lines = Array.from({ length: 20 }, (_, gfn) => [
    fault(gfn * 2, 0x4000_0000 + gfn * 4096),
    setSpte(gfn * 2 + 1, gfn),
  ])
  const workload = workloadOf(recorded(...lines.flat()), KNOWN, ONCE)
  assert.match(workload.faultsSay, /^kvm_page_fault gives the guest's own addresses here; each SPTE/)
  assert.deepEqual(
    [...workload.vcpus[0]!.accesses.gfns],
    Array.from({ length: 20 }, (_, gfn) => gfn),
  )
})

test('faults on gfns of no memslot are left out, and it is said', () => {
  const { faults, faultsOutsideMemslots, playsSay } = workloadOf(
    recorded(fault(1, 0x5000), fault(2, 0xfee0_0000)),
    KNOWN,
    ONCE,
  )
  assert.deepEqual([faults, faultsOutsideMemslots], [1, 1])
  assert.match(playsSay, /; 1 are on gfns of no memslot \(MMIO\?\) and are left out$/)
})

test('a vCPU none of whose faults can be replayed has no stream', () => {
  const recording = recorded(fault(1, 0x5000), fault(2, 0xfee0_0000, 'CPU 1/KVM-101'))
  const { vcpus } = workloadOf(recording, KNOWN, ONCE)
  assert.deepEqual(
    vcpus.map(({ pid }) => pid),
    [100],
  )
})

test('the tasks that raise the most invalidations play their own, the busiest also those of the others', () => {
  const by = (task: string, us: number) => unmap(us, HVA + us, 1, task)
  const lines = [setSpte(0, 1), by('few-7', 1), by('most-8', 2), by('more-9', 3), by('most-8', 4), by('most-8', 5)]
  const recording = recorded(...lines, by('more-9', 6), unmap(7, HVA + 7, 1, 'CPU 0/KVM-100'))
  const { notifiers, warnings } = workloadOf(recording, KNOWN, { speed: 1, notifiers: 2 })
  const played = notifiers.map(({ name, invalidations }) => [name, [...invalidations.atNs].map((at) => at / 1000)])
  assert.deepEqual(played, [
    ['most', [1, 2, 4, 5, 7]],
    ['more', [3, 6]],
  ])
  assert.deepEqual(warnings, ['2 invalidations of 2 other tasks are raised by the busiest notifier'])
})

test('a recording in which only vCPUs raise invalidations has a notifier all the same', () => {
  const recording = recorded(setSpte(0, 1), unmap(7, HVA, 1, 'CPU 0/KVM-100'))
  assert.deepEqual(
    workloadOf(recording, KNOWN, ONCE).notifiers.map(({ pid }) => pid),
    [100],
  )
})

test('a recording that cannot be replayed is refused with what it holds', () => {
  assert.throws(
    () => workloadOf(recorded(unmap(1, HVA, 1)), KNOWN, ONCE),
    refusal(/^the recording holds no fault to replay: its events are kvm_unmap_hva_range$/),
  )
  assert.throws(
    () => workloadOf(recorded(setSpte(1, 5000)), KNOWN, ONCE),
    refusal(/^none of the 1 faults is on a gfn of the 1 memslots$/),
  )
})

test('what makes a recording less than it seems is said with the workload', () => {
  const recording = recorded('# entries-in-buffer/entries-written: 1/9', 'CPU:1 [LOST 7 EVENTS]', 'junk', setSpte(1, 1))
  assert.deepEqual(workloadOf(recording, KNOWN, ONCE).warnings, [
    '8 older events were overwritten before they were read: raise buffer_size_kb',
    'events were lost in 1 place, 7 of them counted',
    '1 line (25 %) was not understood: 3',
  ])
})

test('a speed is a positive number or max', () => {
  assert.deepEqual(['1', '10', '0.5', 'max'].map(parseSpeed), [1, 10, 0.5, 'max'])
  for (const text of ['0', '-1', 'fast', '', ' ', 'Infinity', 'NaN']) {
    assert.throws(() => parseSpeed(text), refusal(/not a positive number$/), text)
  }
})

test('a wait that ended in a retry gives a replay no cost of mapping a page', () => {
  // Each fault waits 2 us and retries; its SPTE is set under no wait, 5 ms later, with or without what lies between.
  for (const between of [['kvm_entry', 'kvm_exit'], []]) {
    const lines = Array.from({ length: 40 }, (_, index) => {
      const us = index * 10_000
      const vcpu = 'CPU 0/KVM-100'
      const spte = `gfn ${index.toString(16)} spte 600000112340b77 (rwx) level 1 at ${(0x18a00_0000 + index * 8).toString(16)}`
      return [
        fault(us, index * 4096),
        line(vcpu, us + 1, 'contention_begin', '000000000000000a (flags=SPIN|READ)'),
        line(vcpu, us + 3, 'contention_end', '000000000000000a (ret=0)'),
        ...between.map((event) => line(vcpu, us + 5, event, 'vcpu 0 reason EPT_VIOLATION rip 0x1')),
        fault(us + 5001, index * 4096),
        line(vcpu, us + 5002, 'kvm_mmu_set_spte', spte),
      ]
    })
    const workload = workloadOf(recorded(...lines.flat()), KNOWN, ONCE)
    assert.equal(workload.costs.map_spte, undefined)
    assert.equal(workload.mmuLock?.holdEstimateNs, null)
  }
})
