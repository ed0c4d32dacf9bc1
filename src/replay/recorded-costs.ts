import type { Known, RecordedTimes } from './recorded-times.ts'

/** ns of a unit of work by name, as far as a recording contains them; a replay charges these instead of the defaults. */
export type RecordedCosts = Readonly<Record<string, number>>

/** The cost of a fault if the recording does not contain it: see WORK. */
const EXIT_ENTRY_NS = 450
const GUEST_ACCESS_NS = 60
const FAULTIN_NS = 300
/** A new page is cleared: no fault-in takes longer, so the rest of a cycle belongs to the guest. */
const MOST_FAULTIN_NS = 2850
/**
 * The time of a replayed fault besides its work, under mmu_lock and outside: words, and lines from other CPUs.
 * Recordings written by the model show 103 to 119 ns under the lock beyond the charged costs.
 */
export const WORDS_UNDER_LOCK_NS = 110
const WORDS_OUTSIDE_NS = 150
/** The zap of one leaf among many, when the lock is held anyhow. */
const ZAP_NS = 20
/** The same of an invalidation whose flush interrupts other CPUs: each vCPU is looked at, and notices its own interrupt a little late. */
export const wordsOfFlushNs = (vcpus: number): number => 180 + 310 * vcpus

const heldNs = ({ toSpte, toRelease, neighboursNs }: RecordedTimes) =>
  toSpte === null ? null : toSpte.ns + (toRelease?.ns ?? 0) + neighboursNs

/** `hasZaps`: a zapper of everything holds mmu_lock for as long as was recorded, which includes the cost of each leaf. */
export function recordedCosts(times: RecordedTimes, hasZaps: boolean, vcpus: number): RecordedCosts {
  const held = heldNs(times)
  const faultin = faultinNs(times)
  return {
    ...(held === null ? {} : { map_spte: Math.max(0, Math.round(held - WORDS_UNDER_LOCK_NS)) }),
    ...(times.cycle === null ? {} : { faultin_pfn: faultin, faultin_fresh: faultin }),
    ...(times.flush === null ? {} : { ipi_delivery: Math.max(0, Math.round(times.flush.ns - wordsOfFlushNs(vcpus))) }),
    ...(hasZaps ? { zap_spte: ZAP_NS } : {}),
    ...cost('zap_spte', times.zap),
  }
}

const cost = (name: string, known: Known | null) => (known === null ? {} : { [name]: Math.round(known.ns) })

/** The time of a fault on the replaying machine, beyond its work under mmu_lock; and the time of an interrupting invalidation. */
export type PlayedCosts = { readonly outsideNs: number; readonly flushNs: number }

/** The time of a replayed fault outside mmu_lock, and of an invalidation that interrupts. */
export function playedCosts(times: RecordedTimes): PlayedCosts {
  return {
    outsideNs: EXIT_ENTRY_NS + GUEST_ACCESS_NS + faultinNs(times) + WORDS_OUTSIDE_NS,
    flushNs: times.flush?.ns ?? 3000,
  }
}

/** The shortest cycles of faults are those between which the guest does next to nothing. */
function faultinNs(times: RecordedTimes): number {
  const { cycle } = times
  if (cycle === null) return FAULTIN_NS
  const rest = cycle.ns - (heldNs(times) ?? 0) - EXIT_ENTRY_NS - GUEST_ACCESS_NS - WORDS_OUTSIDE_NS
  return Math.round(Math.min(MOST_FAULTIN_NS, Math.max(FAULTIN_NS, rest)))
}
