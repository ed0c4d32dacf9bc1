import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { Intake } from './intake.ts'
import { FORMS, type Printed } from './printed.contract.ts'
import { Recording } from './recording.ts'
import { rolesOf } from './roles.ts'

/** Reads a text as a file of it would be read, in order. */
function read(text: string): Recording {
  const recording = new Recording({ keepStreams: true })
  const intake = new Intake({
    take: (bytes, start, end) => recording.take(bytes, start, end),
    takeUnended: (bytes, start, end) => recording.takeUnended(bytes, start, end),
    leaveOut: (file) => recording.leaveOut(file),
  })
  intake.push(Buffer.from(text))
  intake.end()
  recording.finish()
  return recording
}

const NAMES = [
  'CPU 12/KVM',
  'kvm-vcpu-3',
  'vhost-4100',
  'kworker/u8:2',
  'qemu-system-x86',
  'a b',
  'x',
  'ksmd',
  'weird) [7] -1',
  '4711',
  'kvm:1',
]
const EVENTS: readonly (readonly [string, (n: number) => string])[] = [
  [
    'kvm_page_fault',
    (n) => `vcpu 3 rip 0xffffffff81012340 address 0x${(n * 4096).toString(16).padStart(16, '0')} error_code 0x182`,
  ],
  [
    'kvm_mmu_set_spte',
    (n) => `gfn ${n.toString(16)} spte 600000112340b77 (rwxu) level 1 at ${(0x18a00_0000 + n * 8).toString(16)}`,
  ],
  [
    'kvm_unmap_hva_range',
    (n) =>
      `mmu notifier unmap range: 0x00007f12${(n * 4096).toString(16).padStart(8, '0')} -- 0x00007f12${((n + 2) * 4096).toString(16).padStart(8, '0')}`,
  ],
  ['kvm_entry', () => 'vcpu 3, rip 0xffffffff81012340'],
  ['contention_begin', () => '00000000c6250786 (flags=SPIN|READ)'],
  ['contention_end', () => '00000000c6250786 (ret=0)'],
]

const tasks = fc.array(fc.record({ task: fc.constantFrom(...NAMES), pid: fc.integer({ min: 1, max: 4_194_304 }) }), {
  minLength: 1,
  maxLength: 4,
})
const steps = fc.array(
  fc.record({
    member: fc.nat({ max: 3 }),
    what: fc.nat({ max: EVENTS.length - 1 }),
    n: fc.integer({ min: 1, max: 0xffff }),
    us: fc.integer({ min: 0, max: 2_000_000 }),
    cpu: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 3, maxLength: 24 },
)

/** A recording of a host that has been up for up to a month. */
const recordings = fc.tuple(tasks, steps, fc.integer({ min: 1, max: 2_600_000 })).map(([crew, all, since]) => {
  let ns = since * 1e9
  return all.map(({ member, what, n, us, cpu }): Printed => {
    const { task, pid } = crew[member % crew.length]!
    const [event, text] = EVENTS[what]!
    ns += us * 1000
    return { task, pid, tgid: crew[0]!.pid, cpu, ns, event, text: text(n) }
  })
})

/** All that must not depend on the form. */
function shapeOf(recording: Recording) {
  return {
    notUnderstood: recording.firstLines,
    isCut: recording.isCut,
    spanNs: recording.clock.spanNs,
    events: recording.events.toSorted((a, b) => a.name.localeCompare(b.name)),
    tasks: rolesOf(recording.tasks.all).map(({ task, role }) => {
      const gfns = Array.from({ length: task.pageFaults.stream!.gfns.length }, (_, index) =>
        task.pageFaults.stream!.gfns.at(index),
      )
      return [task.pid, role, task.installs.count, task.unmaps, task.guestEntries, gfns, task.waits.longest?.ns]
    }),
    names: Object.fromEntries(recording.tasks.all.map(({ pid, name }) => [pid, name])),
  }
}

for (const { name, print, isNameCut } of FORMS) {
  test(`a recording printed as ${name} is read as what was recorded`, () => {
    fc.assert(
      fc.property(recordings, (events) => {
        const expected = shapeOf(read(FORMS[0]!.print(events)))
        const found = shapeOf(read(print(events)))
        if (isNameCut !== true) assert.deepEqual(found, expected)
        else {
          for (const [pid, cut] of Object.entries(found.names))
            assert.equal(cut, expected.names[pid]!.slice(0, 8).trim())
          assert.deepEqual(
            { ...found, names: {}, tasks: found.tasks.map(([pid]) => pid).toSorted() },
            { ...expected, names: {}, tasks: expected.tasks.map(([pid]) => pid).toSorted() },
          )
        }
      }),
      { numRuns: 25, seed: 17 },
    )
  })
}

test('lines that a terminal broke at its edge are put together without a space', () => {
  const events = Array.from({ length: 24 }, (_, index): Printed => {
    const [event, text] = EVENTS[index % 3]!
    return { task: 'CPU 0/KVM', pid: 4101, tgid: 4100, cpu: 1, ns: 1e12 + index * 1000, event, text: text(0x1234) }
  })
  const print = FORMS[0]!.print
  const broken = print(events).replace(/^(?!#).{81,}$/gm, (line) => line.match(/.{1,80}/g)!.join('\n'))
  assert.notEqual(broken, print(events))
  assert.deepEqual(shapeOf(read(broken)), shapeOf(read(print(events))))
})

test('the first form gives each event to its task, under its name', () => {
  fc.assert(
    fc.property(recordings, (events) => {
      const { names, notUnderstood } = shapeOf(read(FORMS[0]!.print(events)))
      assert.deepEqual(notUnderstood, [])
      for (const { pid } of events) assert.equal(names[pid], events.find((event) => event.pid === pid)!.task)
    }),
    { numRuns: 50 },
  )
})

test('any damaged text is read without an internal error', () => {
  const change = fc.record({ at: fc.nat(), length: fc.nat({ max: 300 }), bytes: fc.uint8Array({ maxLength: 20 }) })
  fc.assert(
    fc.property(
      recordings,
      fc.constantFrom(...FORMS),
      fc.array(change, { maxLength: 6 }),
      (events, { print }, changes) => {
        let text = Buffer.from(print(events))
        for (const { at, length, bytes } of changes) {
          const from = at % (text.length + 1)
          text = Buffer.concat([text.subarray(0, from), bytes, text.subarray(from + length)])
        }
        const { lines, notUnderstood, clock } = read(text.toString('latin1'))
        assert.ok(notUnderstood <= lines)
        assert.ok(Number.isFinite(clock.spanNs) && clock.spanNs >= 0)
      },
    ),
    { numRuns: 150 },
  )
})
