import assert from 'node:assert/strict'
import test from 'node:test'
import type { KnownMemslots } from './memslots.ts'
import { line, recorded, setSpte, unmap } from './recorded.contract.ts'
import { workloadOf } from './workload.ts'

const HVA = 0x7_f546_bc00
const KNOWN: KnownMemslots = {
  origin: 'given',
  says: 'memslots as given',
  slots: [{ slot: 0, baseGfn: 0, hva: HVA, pages: 4096 }],
}
const VCPU = 'CPU 0/KVM-100'
const begin = (us: number, task = VCPU, flags = 'SPIN|READ') =>
  line(task, us, 'contention_begin', `0000000a (flags=${flags})`)
const end = (us: number, task = VCPU) => line(task, us, 'contention_end', '0000000a (ret=0)')
const timelineOf = (lines: readonly string[], timelineEvents: number) =>
  workloadOf(recorded(...lines), KNOWN, { speed: 1, notifiers: 4, timelineEvents }).kernelTimeline

/** What happened, from the first event of the recording on. */
const told = (events: readonly (readonly [number, string, string, number])[]) =>
  events.map(([ns, what, of, amount]) => `${Math.round(ns / 1000)} ${what} ${of} ${amount}`)

const LINES = [
  setSpte(1, 1),
  unmap(10, HVA, 512),
  begin(20),
  end(25),
  setSpte(26, 2),
  setSpte(28, 3),
  line(VCPU, 40, 'kvm_entry', 'vcpu 0, rip 0x0'),
]

test('the timeline of the recorded kernel begins with its first invalidation, and has waits and what holds show', () => {
  const [vcpu, notifier] = timelineOf(LINES, 100)!
  assert.match(vcpu!.name, /^vcpu 0 \(CPU 0\/KVM 100\)$/)
  assert.match(notifier!.name, /^notifier 0 /)
  const lines = told(vcpu!.events)
  assert.ok(!lines.some((text) => text.startsWith('0 ')), 'what was before the first invalidation is left out')
  assert.deepEqual(
    lines.filter((text) => !text.includes('count')),
    ['19 wait mmuLock 0', '24 waited mmuLock 0', '24 hold mmuLock 0', '25 held mmuLock 0'],
  )
  assert.deepEqual(told(notifier!.events), ['9 count unmap_gfn_range_calls 0'])
})

test('the timeline ends for all tasks where one has no room left, and what is left out is counted', () => {
  const lanes = timelineOf(LINES, 2)!
  assert.deepEqual(
    lanes.map(({ events, left }) => events.length + left),
    timelineOf(LINES, 100)!.map(({ events }) => events.length),
  )
  assert.equal(lanes[0]!.events.length, 2)
})

test('without a timeline no part of it is kept', () => {
  assert.equal(timelineOf(LINES, 0), undefined)
})
