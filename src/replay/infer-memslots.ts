import type { Evidence, Sample } from './evidence.ts'
import { bestOffset, explains } from './infer-offset.ts'
import { type InvalidationLog, isEverything } from './invalidation-log.ts'
import type { KnownMemslots, PageRange, RecordedMemslot } from './memslots.ts'
import type { Recording } from './recording.ts'

/** A distance counts as found if it explains this many samples, and this share of the remaining ones. */
const MIN_SUPPORT = 32
const MIN_SHARE = 0.25
/** A PC's memory lies at two distances, below and above 4 GiB. */
const MAX_SLOTS = 8
const HUGE = 512

const down = (page: number) => Math.floor(page / HUGE) * HUGE
const up = (page: number) => Math.ceil(page / HUGE) * HUGE
const grouped = (count: number) => count.toLocaleString('en-US')

/** Part of the guest's memory that lies at one distance from its hvas. */
type Stretch = { readonly offset: number; readonly gfns: PageRange; readonly support: number; readonly rivals: number }

/** Infers the location of the guest's memory from the gfns that had to be mapped again after invalidations. */
export function inferMemslots(recording: Recording): KnownMemslots {
  const ofInstalls = recording.installEvidence
  const evidence = ofInstalls.gfns === undefined ? recording.answers.evidence : ofInstalls
  const { gfns, samples } = evidence
  if (gfns === undefined) return { origin: 'assumed', says: 'not inferable: no fault was recorded', slots: [] }
  const stretches = stretchesOf(evidence, recording.invalidations)
  if (stretches.length === 0) return assumed(gfns, samples.length, recording.invalidations)
  return { origin: 'inferred', says: notesOf(stretches, samples.length), slots: slotsOf(stretches, gfns) }
}

/** The memslots to read a recording with: the given ones; if they are a guess, or missing, those inferred from the recording. */
export function chooseMemslots(recording: Recording, given: KnownMemslots | undefined): KnownMemslots {
  if (given?.origin === 'given') return given
  const inferred = inferMemslots(recording)
  return given !== undefined && inferred.origin === 'assumed' ? given : inferred
}

/** Takes the best distance, removes the samples that it explains, and searches for the next; in the order of gfns. */
function stretchesOf({ samples }: Evidence, log: InvalidationLog): readonly Stretch[] {
  const found: Stretch[] = []
  let left = samples
  while (found.length < MAX_SLOTS && left.length >= MIN_SUPPORT) {
    const best = bestOffset(left, log)
    if (best === undefined || best.support < Math.max(MIN_SUPPORT, left.length * MIN_SHARE)) break
    const mine = left.filter((sample) => explains(best.pages, sample, log))
    const stretch = { offset: best.pages, gfns: extentOf(mine), support: mine.length, rivals: best.rivals }
    if (!found.some((other) => isAcross(other.gfns, stretch.gfns))) found.push(stretch)
    left = left.filter((sample) => !explains(best.pages, sample, log))
  }
  return found.toSorted((a, b) => a.gfns.start - b.gfns.start)
}

const isAcross = (a: PageRange, b: PageRange) => a.start < b.end && b.start < a.end

function extentOf(samples: readonly Sample[]): PageRange {
  return {
    start: samples.reduce((lowest, { gfn }) => Math.min(lowest, gfn), Number.POSITIVE_INFINITY),
    end: samples.reduce((highest, { gfn, pages }) => Math.max(highest, gfn + pages), 0),
  }
}

/** Each slot extends to the start of the next; together they cover every gfn that was mapped. */
function slotsOf(stretches: readonly Stretch[], gfns: PageRange): readonly RecordedMemslot[] {
  return stretches.map(({ offset, gfns: own }, slot) => {
    const next = stretches[slot + 1]
    const first = down(slot === 0 ? gfns.start : own.start)
    const end = next === undefined ? up(gfns.end) : down(next.gfns.start)
    const baseGfn = Math.max(first, -offset)
    return { slot, baseGfn, hva: baseGfn + offset, pages: end - baseGfn }
  })
}

function notesOf(stretches: readonly Stretch[], samples: number): string {
  const explained = stretches.reduce((sum, { support }) => sum + support, 0)
  const slots = stretches.length === 1 ? 'one memslot' : `${stretches.length} memslots`
  const rivals = stretches.reduce((sum, stretch) => sum + stretch.rivals, 0)
  const doubt = rivals > 0 ? `; ${rivals + 1} distances explain equally many, and the best aligned one was chosen` : ''
  const where =
    stretches.length === 1 ? 'at the distance hva - gfn that explains' : 'at distances hva - gfn that explain'
  return (
    `memslots inferred: ${slots} ${where} ${grouped(explained)} of ${grouped(samples)} ` +
    `cases of a gfn that was mapped again after an invalidation${doubt}`
  )
}

/** A slot of all gfns seen, beyond every recorded range: if one had hit the guest, the guest would have faulted again. */
function assumed({ start, end }: PageRange, samples: number, log: InvalidationLog): KnownMemslots {
  let highest = 0
  for (let index = 0; index < log.length; index += 1) {
    if (!isEverything(log.pages.at(index))) highest = Math.max(highest, log.end(index))
  }
  const baseGfn = down(start)
  const slot = { slot: 0, baseGfn, hva: up(highest) + HUGE, pages: up(end) - baseGfn }
  const whole =
    log.everything > 0 ? `; ${grouped(log.everything)} ranges cover everything, which shows nothing about memslots` : ''
  const why =
    samples < MIN_SUPPORT
      ? `${samples === 0 ? 'no gfn was' : `only ${samples} gfns were`} mapped again after an invalidation`
      : `no distance hva - gfn explains a quarter of the ${grouped(samples)} cases of a gfn that was mapped again`
  const hit = whole === '' ? 'no recorded range hits' : 'of the ranges only those hit'
  const says = `not inferable: ${why}${whole}; assumed: one memslot of all gfns seen, which ${hit}`
  return { origin: 'assumed', says, slots: [slot] }
}
