import type { Recording } from './recording.ts'
import { counted, time } from './words.ts'

/** A pause of most of the recording, and no short one. */
const LONG_PAUSE = 0.5
const LONG_PAUSE_NS = 1e9
/** No clock that is fit to record with has longer steps. */
const COARSE_NS = 1e6
const MANY_EVENTS = 32

const formatted = (count: number) => count.toLocaleString('en-US')
const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0)
const seconds = (ns: number) => `${(ns / 1e9).toLocaleString('en-US', { maximumFractionDigits: 9 })} s`

/** Sentences about the limitations of a recording. */
export const doubtsOf = (recording: Recording): readonly string[] => [
  ...gapsOf(recording),
  ...linesOf(recording),
  ...leftOutOf(recording),
]

function gapsOf({ remarks, clock, sortedBecause, parts, events }: Recording): readonly string[] {
  const warnings: string[] = []
  if (remarks.overwritten > 0) {
    warnings.push(
      `${formatted(remarks.overwritten)} older events were overwritten before they were read: raise buffer_size_kb`,
    )
  }
  if (remarks.gaps > 0) {
    const many = remarks.lost === 0 ? 'how many is not recorded' : `${formatted(remarks.lost)} of them counted`
    warnings.push(`events were lost in ${counted(remarks.gaps, 'place')}, ${many}`)
  }
  if (sortedBecause !== undefined) {
    const { line, byNs } = sortedBecause
    warnings.push(
      `the lines were not in time order (at line ${formatted(line)} the time goes back by ${seconds(byNs)}): they were sorted, which is safe because the lines of each CPU are in order`,
    )
  } else if (clock.backwards > 0) {
    warnings.push(`time goes backwards ${formatted(clock.backwards)} times: several recordings, or not in order`)
  }
  if (sortedBecause === undefined && parts.length > 0) {
    warnings.push(
      `${formatted(parts.length + 1)} parts with their own header are in the file, shortly after each other: they are read as one recording`,
    )
  }
  if (clock.longestPauseNs > LONG_PAUSE_NS && clock.longestPauseNs > clock.spanNs * LONG_PAUSE) {
    warnings.push(
      `for ${seconds(clock.longestPauseNs)} of ${seconds(clock.spanNs)} there is no event at all: rates cover the whole time`,
    )
  }
  if (
    clock.stepNs >= COARSE_NS &&
    clock.together >= MANY_EVENTS &&
    clock.together > sum(events, ({ count }) => count) / 2
  ) {
    warnings.push(
      `the clock goes in steps of ${Number.isFinite(clock.stepNs) ? time(clock.stepNs) : 'more than the recording is long'}, as one of jiffies does: anything shorter has no measured duration`,
    )
  }
  if (clock.timeless > 0) {
    warnings.push(
      `${formatted(clock.timeless)} events have no time, so rates and waits are unknown: set the option funcgraph-abstime`,
    )
  }
  return warnings
}

function linesOf({ notUnderstood, firstLines, isCut, lines }: Recording): readonly string[] {
  const warnings: string[] = []
  if (isCut) warnings.push('the last line is cut and is left out')
  if (notUnderstood > 0) {
    const numbers = firstLines.map(({ number }) => number)
    const more = notUnderstood > numbers.length ? ', ...' : ''
    const share = ((notUnderstood / lines) * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })
    warnings.push(
      `${counted(notUnderstood, 'line')} (${share} %) ${notUnderstood === 1 ? 'was' : 'were'} not understood: ${numbers.join(', ')}${more}`,
    )
  }
  return warnings
}

/** Events that were understood and are not among the faults and invalidations of the guest's memory. */
function leftOutOf(recording: Recording): readonly string[] {
  const tasks = recording.tasks.all
  const counts: readonly (readonly [number, (count: string) => string])[] = [
    [
      sum(tasks, (task) => task.deviceFaults),
      (n) =>
        `${n} faults are accesses to devices (MMIO), not faults of memory: they are counted apart and not replayed`,
    ],
    [
      sum(tasks, (task) => task.virtualFaults),
      (n) => `${n} faults give virtual addresses of the guest, not gfns: they are not replayed by address`,
    ],
    [
      sum(tasks, (task) => task.nestedFaults),
      (n) => `${n} faults are those of a nested guest, at its own addresses: they are left out`,
    ],
    [
      sum(tasks, (task) => task.madeWritable),
      (n) =>
        `${n} faults made a mapped page writable (dirty logging, access tracking): a replay drops them, as their pages are mapped`,
    ],
    [
      recording.invalidations.everything,
      (n) => `${n} invalidations cover everything, so they show nothing about memslots`,
    ],
  ]
  const hasFaults = tasks.some((task) => task.faults + task.installs.count + task.tdpInstalls.count > 0)
  const entered = sum(tasks, (task) => task.guestEntries)
  const untraced =
    hasFaults || entered === 0
      ? []
      : [
          recording.tdpExits > 0
            ? `${formatted(recording.tdpExits)} exits of guests are faults or accesses to devices (EPT violations, nested page faults, aborts), but their gfns are unknown: kvm:kvm_page_fault (arm64: kvm_guest_fault) is not traced`
            : 'no fault is in the trace although guests ran: faults are not traced (s390 has no event for them), or there were none',
        ]
  const called = recording.remarks.invalidations
  const unranged =
    called === 0 || recording.invalidations.unmaps > 0
      ? []
      : [
          `kvm_mmu_notifier_invalidate_range_start is called ${formatted(called)} times in the trace of functions, which has no ranges: turn on the event kvm:kvm_unmap_hva_range`,
        ]
  const { byCause } = recording.removals
  const hasTdp = recording.countOf('kvm_tdp_mmu_spte_changed') > 0
  const others = [
    [byCause.attributes, 'changes of memory attributes'],
    [byCause['set-pte'], 'kvm_set_spte_hva (page merging)'],
  ] as const
  const removed = others
    .filter(([{ events }]) => events > 0)
    .map(
      ([{ events, leafs }, what]) =>
        `${formatted(events)} ${what} took ${hasTdp ? formatted(leafs) : 'an unknown number of'} leafs away without kvm_unmap_hva_range${hasTdp ? '' : ' (kvm_tdp_mmu_spte_changed is not traced)'}`,
    )
  const files = [...recording.leftOut].map(
    ([file, lines]) => `${formatted(lines)} lines of ${file} were recorded by a guest or another host and are left out`,
  )
  return [
    ...untraced,
    ...unranged,
    ...probesOf(recording),
    ...counts.filter(([count]) => count > 0).map(([count, says]) => says(formatted(count))),
    ...removed,
    ...files,
  ]
}

/** Probes that are read in place of tracepoints, and those that are not read. */
function probesOf({ probes, probed }: Recording): readonly string[] {
  const read = [
    [probed.fault, 'faults'],
    [probed.range, 'invalidations'],
  ] as const
  const taken = read.flatMap(([name, what]) =>
    name === undefined
      ? []
      : [
          `${what} are taken from ${formatted(probes.of(name))} probes of ${name}, by arguments with the kernel's names`,
        ],
  )
  const left = probes.all - probes.of(probed.fault) - probes.of(probed.range)
  if (left === 0) return taken
  const none = taken.length === 0 ? ', so faults and invalidations are taken from tracepoints only' : ''
  return [
    ...taken,
    `${formatted(left)} events are probes (kprobe, fprobe, eprobe, perf probe): their arguments have no fixed meaning${none}`,
  ]
}
