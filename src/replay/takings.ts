import { ATTRIBUTES, type GfnTakings, OWN } from './gfn-takings.ts'
import { InvalidationLog } from './invalidation-log.ts'
import type { RecordedMemslot } from './memslots.ts'
import type { Recording } from './recording.ts'
import { count } from './words.ts'

/** All that takes pages away and is played as an invalidation: ranges of hvas, then what took gfns, by where these lie. */
export type TakingLog = {
  readonly log: InvalidationLog
  /** The start of the causes that removed gfns in the log. */
  readonly gfnsFrom: number
  /** What is replayed in addition to notifiers, and what is left out. */
  readonly says: readonly string[]
}

/** `zappers`: tasks whose zaps are replayed in another way. Gfns of no memslot are not replayed: their ranges are empty. */
export function takingsOf(
  recording: Recording,
  slots: readonly RecordedMemslot[],
  zappers: ReadonlySet<number>,
): TakingLog {
  const { invalidations, removals } = recording
  const log = new InvalidationLog()
  for (let index = 0; index < invalidations.length; index += 1) {
    const { atNs, pids } = invalidations
    log.add(atNs.at(index), invalidations.start(index), invalidations.end(index), pids.at(index))
  }
  const { takings } = removals
  const played = [0, 0]
  const dropped = [0, 0]
  for (let index = 0; index < takings.length; index += 1) {
    const pid = takings.pids.at(index)
    const kind = takings.kind(index)
    const isPlayedOtherwise = kind === OWN && zappers.has(pid)
    const [start, end] = isPlayedOtherwise ? [0, 0] : hvasOf(takings, index, slots)
    if (!isPlayedOtherwise) (end > start ? played : dropped)[kind]! += 1
    log.add(takings.atNs.at(index), start, end, pid)
  }
  return { log, gfnsFrom: invalidations.length, says: saysOf(recording, played, dropped) }
}

/** The hvas of the gfns in the first memslot that contains any of them. */
function hvasOf(takings: GfnTakings, index: number, slots: readonly RecordedMemslot[]): readonly [number, number] {
  for (const { baseGfn, hva, pages } of slots) {
    const start = Math.max(takings.gfns.at(index), baseGfn)
    const end = Math.min(takings.end(index), baseGfn + pages)
    if (start < end) return [hva + start - baseGfn, hva + end - baseGfn]
  }
  return [0, 0]
}

function saysOf(
  { invalidations, removals }: Recording,
  played: readonly number[],
  dropped: readonly number[],
): readonly string[] {
  const setPtes = invalidations.setPtes
  const parts = [
    [played[ATTRIBUTES]!, 'changes of memory attributes'],
    [setPtes, 'kvm_set_spte_hva'],
    [played[OWN]!, "walks of KVM's own (memslots, guest_memfd, huge pages)"],
  ] as const
  const formatted = parts.filter(([times]) => times > 0).map(([times, what]) => `${count(times)} ${what}`)
  const left = dropped[ATTRIBUTES]! + dropped[OWN]!
  const covered = removals.coveredSetPtes
  return [
    ...(formatted.length === 0
      ? []
      : [
          `${formatted.join(', ')} removed pages without kvm_unmap_hva_range: each is replayed as an invalidation of these pages`,
        ]),
    ...(covered === 0
      ? []
      : [`${count(covered)} kvm_set_spte_hva follow the invalidation of the same page, and are played with it`]),
    ...(left === 0 ? [] : [`${count(left)} that took pages away are left out, as no memslot has their gfns`]),
  ]
}
