import type { MmuLock } from './contention.ts'
import type { Run } from './progress.ts'
import type { Recording } from './recording.ts'
import type { TaskInRole } from './roles.ts'
import { type Scan, scansOf } from './scans.ts'
import type { Task } from './task.ts'
import { count, counted, percent, time } from './words.ts'

/** Something that a recording shows beyond its counts; `says` is the sentence, the rest the numbers in it. */
export type Finding =
  | {
      readonly kind: 'no progress'
      readonly says: string
      readonly faults: number
      readonly gfns: number
      readonly runs: readonly StuckRun[]
    }
  | { readonly kind: 'retry storm'; readonly says: string; readonly faults: number; readonly runs: readonly StuckRun[] }
  | {
      readonly kind: 'longest wait'
      readonly says: string
      readonly pid: number
      readonly ns: number
      readonly atNs: number
      readonly flags: string
    }
  | { readonly kind: 'longest hold'; readonly says: string; readonly ns: number; readonly isSure: boolean }
  | { readonly kind: 'longest without rescheduling'; readonly says: string; readonly pid: number; readonly ns: number }
  | {
      readonly kind: 'faults that waited'
      readonly says: string
      readonly share: number
      readonly for: Readonly<Record<string, number>>
    }
  | { readonly kind: 'hits no memslot'; readonly says: string; readonly ranges: number; readonly share: number }
  | Scan
  | {
      readonly kind: 'without notifier' | 'removed'
      readonly says: string
      readonly events: number
      readonly leafs: number | null
    }

type StuckRun = Omit<Run, 'gfn'> & { readonly pid: number; readonly gfn: string }

type Known = {
  readonly faults: number
  readonly mmuLock: MmuLock | null
  readonly outside: number | null
  /** The memslots are given, and not only as far as the faults go. */
  readonly isWhole: boolean
}

/** A run of this length that ended in an SPTE is a storm of retries; a long invalidation causes shorter ones. */
const STUCK_FAULTS = 32
const FURTHER = 0.25

export function findingsOf(recording: Recording, roles: readonly TaskInRole[], known: Known): readonly Finding[] {
  return [
    ...stuckOf(recording, roles),
    ...waitsOf(known),
    ...longestOf(recording, roles, known.mmuLock),
    ...scansOf(recording, roles),
    ...missesOf(recording, known),
    ...withoutNotifier(recording),
  ]
}

function stuckOf(recording: Recording, roles: readonly TaskInRole[]): readonly Finding[] {
  const runs = roles.flatMap(({ task }) =>
    task.progress.runs.map((run): StuckRun => ({ ...run, pid: task.pid, gfn: `0x${run.gfn.toString(16)}` })),
  )
  const stuck = runs.filter((run) => isStuck(run, recording.sptes > 0))
  const storms = runs.filter((run) => run.answered)
  const findings: Finding[] = []
  if (stuck.length > 0) {
    const faults = stuck.reduce((sum, run) => sum + run.faults, 0)
    const gfns = new Set(stuck.map(({ gfn }) => gfn)).size
    findings.push({ kind: 'no progress', says: stuckSays(recording, stuck, faults, gfns), faults, gfns, runs: stuck })
  }
  if (storms.length > 0) {
    const faults = storms.reduce((sum, run) => sum + run.faults, 0)
    const worst = storms.toSorted((a, b) => b.faults - a.faults)[0]!
    const says = `retry storms: ${counted(storms.length, 'time')} a vCPU faulted on one gfn again and again before an SPTE was set, ${count(worst.faults)} times in ${time(worst.lastNs - worst.firstNs)} at worst (${worst.pid} on gfn ${worst.gfn})`
    findings.push({ kind: 'retry storm', says, faults, runs: storms })
  }
  return findings
}

/** A vCPU whose fault was not answered faults again as soon as it is back in the guest; after longer than this on average it has done something else. */
const AT_ONCE_NS = 10e6

/**
 * A vCPU that faults on ever new gfns meanwhile gets further. Where no SPTE is traced, a gfn that faults again after an invalidation may have
 * been mapped between, and so may one that faults again much later.
 */
function isStuck({ answered, faults, quiet, others, firstNs, lastNs }: StuckRun, hasSptes: boolean): boolean {
  if (answered || faults < STUCK_FAULTS || others >= faults * FURTHER) return false
  return hasSptes || (quiet > faults / 2 && lastNs - firstNs < faults * AT_ONCE_NS)
}

function stuckSays({ sptes }: Recording, runs: readonly StuckRun[], faults: number, gfns: number): string {
  const vcpus = new Set(runs.map(({ pid }) => pid)).size
  const answer = sptes > 0 ? 'with no SPTE for them between' : 'and the trace shows no SPTE at all'
  const first = runs[0]!
  const state = first.seq === undefined ? '' : `; ${stateSays(first.seq, first.inProgress!)}`
  return `no progress: ${count(faults)} faults of ${count(vcpus)} ${vcpus === 1 ? 'vCPU' : 'vCPUs'} on ${count(gfns)} ${gfns === 1 ? 'gfn' : 'gfns'}, the same again and again, ${answer} (${first.pid} faulted ${count(first.faults)} times on gfn ${first.gfn})${state}`
}

/** mmu_invalidate_seq is an unsigned long; some kernels kept the copy that a fault takes in an int. */
function stateSays(seq: readonly [string, string], inProgress: readonly [string, string]): string {
  const isSame = seq[0] === seq[1]
  const course = isSame ? `seq stays ${seq[0]}` : `seq goes from ${seq[0]} to ${seq[1]}`
  const isIdle = inProgress.every((value) => Number(value) === 0)
  const progress = isIdle
    ? 'in_prog 0: no invalidation is under way that a fault could wait for'
    : `in_prog ${inProgress[0]} at first, ${inProgress[1]} at last`
  const isNegative = isSame && isIdle && Number(seq[0]) >= 2 ** 31
  const cause = isNegative
    ? "; seq is beyond 2^31, where a kernel that keeps the fault's copy of it in an int retries forever"
    : ''
  return `${course}, ${progress}${cause}`
}

function waitsOf({ mmuLock, faults }: Known): readonly Finding[] {
  if (mmuLock === null || mmuLock.faultsThatWaited === null || faults === 0) return []
  const { notifier, fault, zap, unknown } = mmuLock.waitedFor
  const share = mmuLock.faultsThatWaited / faults
  const all = notifier.count + fault.count + zap.count + unknown.count
  const causes = [
    [notifier.count, 'for an invalidation'],
    [fault.count, "for another vCPU's fault"],
    [zap.count, 'for page tables that were zapped'],
    [unknown.count, 'for what no event shows'],
  ] as const
  const listed = causes.filter(([waits]) => waits > 0).map(([waits, what]) => `${percent(waits / all)} ${what}`)
  const says = `${percent(share)} of the faults waited for mmu_lock: ${listed.join(', ')} (by the last event before each wait ended, which is likely, not certain)`
  if (all === 0 || mmuLock.faultsThatWaited === 0) return []
  return [
    {
      kind: 'faults that waited',
      says,
      share,
      for: { notifier: notifier.count, fault: fault.count, zap: zap.count, unknown: unknown.count },
    },
  ]
}

function longestOf({ locks }: Recording, roles: readonly TaskInRole[], mmuLock: MmuLock | null): readonly Finding[] {
  const findings: Finding[] = []
  const most = <T>(of: (task: Task) => number) =>
    roles.toSorted((a, b) => of(b.task) - of(a.task))[0] as TaskInRole | (undefined & T)
  const waiter = most((task) => task.waits.longest?.ns ?? -1)
  const longest = waiter?.task.waits.longest
  // With a clock of long steps no wait has a length.
  if (waiter !== undefined && longest !== undefined && longest.ns > 0) {
    const flags = locks.flagsName(longest.flags)
    const of = longest.rwlock !== 0 && locks.addressOf(longest.rwlock) === mmuLock?.address ? ', mmu_lock' : ''
    const says = `longest wait: ${time(longest.ns)} of ${waiter.role} ${waiter.task.name} (${waiter.task.pid}) for a lock (${flags}${of}), ${time(longest.fromNs)} after the beginning`
    findings.push({ kind: 'longest wait', says, pid: waiter.task.pid, ns: longest.ns, atNs: longest.fromNs, flags })
  }
  const hold = mmuLock?.holdEstimateNs
  if (mmuLock !== null && hold !== null && hold !== undefined && hold.max > 0) {
    const unsure = mmuLock.holdsAreSure ? '' : ', or less: a retry between would not show in this trace'
    findings.push({
      kind: 'longest hold',
      says: `longest hold of mmu_lock that shows: ${time(hold.max)} from the end of a wait to the SPTE${unsure}`,
      ns: hold.max,
      isSure: mmuLock.holdsAreSure,
    })
  }
  const runner = most((task) => task.longestOnCpuNs)
  if (runner !== undefined && runner.task.longestOnCpuNs >= 0) {
    const { task } = runner
    findings.push({
      kind: 'longest without rescheduling',
      says: `longest time without rescheduling: ${time(task.longestOnCpuNs)} of ${task.name} (${task.pid})`,
      pid: task.pid,
      ns: task.longestOnCpuNs,
    })
  }
  return findings
}

function missesOf({ invalidations }: Recording, { outside, isWhole }: Known): readonly Finding[] {
  if (outside === null || outside === 0) return []
  const doubt = isWhole
    ? 'they cost the guest nothing if the kernel leaves mmu_lock alone for them'
    : 'or memory of the guest on which no fault was recorded, as memslots are inferred from faults'
  const share = outside / invalidations.unmaps
  return [
    {
      kind: 'hits no memslot',
      says: `${count(outside)} invalidations (${percent(share)}) hit no memslot: ${doubt}`,
      ranges: outside,
      share,
    },
  ]
}

function withoutNotifier(recording: Recording): readonly Finding[] {
  const { removals } = recording
  const hasTdp = recording.countOf('kvm_tdp_mmu_spte_changed') > 0
  const named = {
    attributes: 'changes of memory attributes',
    'set-pte': 'kvm_set_spte_hva',
    own: 'KVM itself (memslots, roots, huge pages, guest_memfd)',
  } as const
  return (['attributes', 'set-pte', 'own'] as const).flatMap((cause): readonly Finding[] => {
    const { events, leafs, pages } = removals.byCause[cause]
    if (events + leafs === 0) return []
    const times = events > 0 ? `${count(events)} ` : ''
    if (cause === 'own' && recording.invalidations.unmaps === 0) {
      const says = `${count(leafs)} leafs (${count(pages)} pages) of the page tables were removed, by invalidations or by KVM itself: which is unknown, because kvm_unmap_hva_range is not in the trace`
      return [{ kind: 'removed', says, events, leafs }]
    }
    const taken = hasTdp ? `${count(leafs)} leafs (${count(pages)} pages)` : 'leafs, how many is not traced,'
    return [
      {
        kind: 'without notifier',
        says: `${times}${named[cause]} took ${taken} of the page tables away, without kvm_unmap_hva_range`,
        events,
        leafs: hasTdp ? leafs : null,
      },
    ]
  })
}
