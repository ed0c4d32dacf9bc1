import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { KnownMemslots } from './memslots.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import type { Recording } from './recording.ts'
import { workloadOf } from './workload.ts'

const HVA = 0x7_f546_bc00
const KNOWN: KnownMemslots = {
  origin: 'given',
  says: 'memslots as given',
  slots: [{ slot: 0, baseGfn: 0, hva: HVA, pages: 4096 }],
}
const load = (recording: Recording, speed: number | 'max' = 1) => workloadOf(recording, KNOWN, { speed, notifiers: 4 })
const [A, B] = ['CPU 0/KVM-100', 'CPU 1/KVM-101']

/** What an item comes after: `[cpu, count]`, vCPUs first; half an item is one that is under way. */
const before = (pace: { starts: Int32Array; cpus: Int32Array; counts: Int32Array }, index: number) =>
  Array.from({ length: pace.starts[index + 1]! - pace.starts[index]! }, (_, at) => {
    const k = pace.starts[index]! + at
    return [pace.cpus[k], pace.counts[k]! / 2]
  })

test('a fault is played after the invalidation that took its page away, and that one after the fault that had mapped it', () => {
  const { vcpus, notifiers, plays } = load(
    recorded(setSpte(0, 7, A), setSpte(5, 8, B), unmap(10, HVA + 7, 1), unmap(20, HVA + 9, 1), setSpte(30, 7, B)),
  )
  const [first, second] = vcpus.map(({ accesses }) => accesses.pace!)
  const notifier = notifiers[0]!.invalidations.pace!
  assert.deepEqual(before(first!, 0), [])
  assert.deepEqual(before(second!, 1), [[2, 1]], 'after the first invalidation of CPU 2')
  assert.deepEqual([before(notifier, 0), before(notifier, 1)], [[[0, 1]], []])
  assert.deepEqual(plays, { faults: 3, outsideMemslots: 0, stillMapped: 0, firstTouches: 2, caused: 1 })
})

test('a fault on a gfn that nothing recorded took away is counted, and played without a cause', () => {
  const { vcpus, plays, playsSay } = load(recorded(setSpte(0, 7), setSpte(9, 7)))
  assert.deepEqual(before(vcpus[0]!.accesses.pace!, 1), [])
  assert.equal(plays.stillMapped, 1)
  assert.match(playsSay, /^1 of 2 recorded faults are played: .*; 1 find their page mapped/)
})

test('what was mapped while an invalidation waited for mmu_lock goes with it', () => {
  const waiting = [
    unmap(10, HVA + 7, 1),
    line('qemu-kvm-200', 11, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
    setSpte(12, 7, A),
    line('qemu-kvm-200', 13, 'contention_end', '00000000a (ret=0)'),
  ]
  // Two waits of a vCPU make the lock mmu_lock.
  const lock = [
    line(A, 1, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
    line(A, 2, 'contention_end', '00000000a (ret=0)'),
  ]
  const { vcpus, notifiers } = load(recorded(...lock, ...waiting, setSpte(30, 7, B)))
  assert.deepEqual(before(notifiers[0]!.invalidations.pace!, 0), [[0, 1]])
  assert.deepEqual(before(vcpus[1]!.accesses.pace!, 0), [[2, 1]])
})

test('a wait is no pause, and what comes after it is timed from what caused it', () => {
  const wait = (from: number, to: number) => [
    line(A, from, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
    line(A, to, 'contention_end', '00000000a (ret=0)'),
  ]
  const at = (recording: Recording) => load(recording).vcpus[0]!.accesses.pace!.pausesNs[1]!
  const plain = at(recorded(setSpte(0, 1, A), setSpte(1000, 2, A)))
  const waited = at(recorded(setSpte(0, 1, A), ...wait(500, 999), setSpte(1000, 2, A)))
  assert.ok(plain > 995_000 && plain < 1_000_000)
  assert.ok(waited > 495_000 && waited < 500_000)
  const { lagsNs } = load(recorded(setSpte(0, 1, A), unmap(400, HVA + 1, 1), setSpte(1000, 1, A))).vcpus[0]!.accesses
    .pace!
  assert.equal(lagsNs[0], -1)
  assert.ok(lagsNs[1]! > 590_000 && lagsNs[1]! < 600_000)
})

test('a fault that waited for what took its page away comes while that is under way', () => {
  const took = (from: number) => [
    setSpte(from, 7, A),
    unmap(from + 100, HVA + 7, 1),
    line(A, from + 102, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
    line(A, from + 113, 'contention_end', '00000000a (ret=0)'),
    setSpte(from + 114, 7, A),
    unmap(from + 300, HVA + 7, 1),
  ]
  const { accesses } = load(recorded(...Array.from({ length: 12 }, (_, at) => took(at * 1000)).flat())).vcpus[0]!
  assert.deepEqual([before(accesses.pace!, 1), before(accesses.pace!, 2)], [[[1, 0.5]], [[1, 2]]])
  assert.ok(accesses.pace!.lagsNs[1]! < 2000, 'from its beginning')
})

test('a fault that waits long behind a wide invalidation comes in its midst, and one that waits for a fault after it does not', () => {
  const took = (from: number, fault: readonly string[]) => [
    setSpte(from, 7, A),
    setSpte(from + 5, 8, B),
    unmap(from + 100, HVA, 512),
    line(A, from + 160, 'contention_begin', '00000000a (flags=SPIN|WRITE)'),
    ...fault,
    line(A, from + 250, 'contention_end', '00000000a (ret=0)'),
    setSpte(from + 251, 7, A),
    unmap(from + 500, HVA + 7, 1),
  ]
  const cause = (fault: (from: number) => readonly string[]) => {
    const lines = Array.from({ length: 5 }, (_, at) => took(at * 1000, fault(at * 1000))).flat()
    return before(load(recorded(...lines)).vcpus[0]!.accesses.pace!, 1)
  }
  assert.deepEqual(
    cause(() => []),
    [[2, 0.5]],
  )
  assert.deepEqual(
    cause((from) => [setSpte(from + 249, 8, B)]),
    [[2, 1]],
    'B held the lock',
  )
})

test('rounding by a coarse clock cancels over the pauses', () => {
  // A cycle of 5.5 us is 5 or 6 us by the clock; the machine that plays it takes about as long for its own part.
  const recording = recorded(...Array.from({ length: 400 }, (_, at) => setSpte(Math.floor(at * 5.5), at % 300, A)))
  const { pausesNs } = load(recording).vcpus[0]!.accesses.pace!
  const even = load(recorded(...Array.from({ length: 400 }, (_, at) => setSpte(at * 5, at % 300, A))))
  const sum = (pauses: Float64Array) => pauses.slice(1).reduce((total, ns) => total + ns, 0) / 399
  assert.ok(Math.abs(sum(pausesNs) - sum(even.vcpus[0]!.accesses.pace!.pausesNs) - 500) < 60)
})

test('at a higher speed the distances shrink, and at full speed there is no pace', () => {
  const recording = recorded(setSpte(0, 1), setSpte(1000, 2))
  const pauses = (speed: number) => load(recording, speed).vcpus[0]!.accesses.pace!.pausesNs[1]!
  assert.equal(pauses(10), pauses(1) / 10)
  assert.equal(load(recording, 'max').vcpus[0]!.accesses.pace, undefined)
})

test('a memslot that is deleted takes everything away, and what comes after it faults again', () => {
  const zap = (us: number) =>
    line('vmm-300', us, 'kvm_mmu_prepare_zap_page', 'sp gen 1 gfn 0 l1 8-byte q0 direct wux !nxe ad root 0 sync')
  const { vcpus, updaters, plays } = load(recorded(setSpte(0, 1), setSpte(1, 2), zap(10), zap(25), setSpte(30, 1)))
  assert.deepEqual(before(vcpus[0]!.accesses.pace!, 2), [[1, 1]])
  assert.deepEqual(before(updaters[0]!.zap!.pace, 0), [[0, 2]])
  assert.deepEqual([...updaters[0]!.zap!.holdsNs], [15_000])
  assert.equal(plays.caused, 1)
})

test('the partial order of any recording can be played to the end', () => {
  const event = fc.record({
    kind: fc.constantFrom('fault', 'unmap', 'zap'),
    task: fc.nat(2),
    gfn: fc.nat(12),
    pages: fc.integer({ min: 1, max: 6 }),
  })
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
      const lines = events.map(({ kind, task, gfn, pages }, us) => {
        if (kind === 'fault') return setSpte(us, gfn, `CPU ${task}/KVM-${100 + task}`)
        if (kind === 'unmap') return unmap(us, HVA + gfn, pages, `qemu-${200 + task}`)
        return line('vmm-300', us * 1, 'kvm_mmu_prepare_zap_page', `sp gen ${us % 2} gfn 0 l1 root 0 sync`)
      })
      if (!events.some(({ kind }) => kind === 'fault')) return
      const { vcpus, notifiers, updaters, plays } = load(recorded(...lines))
      const paces = [
        ...vcpus.map(({ accesses }) => accesses.pace!),
        ...notifiers.map(({ invalidations }) => invalidations.pace!),
        ...updaters.map(({ zap }) => zap!.pace),
      ]
      const done = paces.map(() => 0)
      for (let moved = true; moved; ) {
        moved = false
        for (const [cpu, pace] of paces.entries()) {
          const isFree = () => before(pace, done[cpu]!).every(([other, count]) => done[other!]! >= count!)
          while (done[cpu]! < pace.pausesNs.length && isFree()) {
            done[cpu]! += 1
            moved = true
          }
        }
      }
      assert.deepEqual(
        done,
        paces.map(({ pausesNs }) => pausesNs.length),
      )
      assert.equal(plays.firstTouches + plays.caused + plays.stillMapped + plays.outsideMemslots, plays.faults)
    }),
    { numRuns: 200 },
  )
})
