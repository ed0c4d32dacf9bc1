import type { Mutation } from './mutations.ts'

export type WhyNot = {
  readonly file?: string
  readonly in?: string
  readonly kind?: Mutation['kind']
  readonly code: RegExp
  readonly verdict: 'equivalent' | 'survived'
  readonly why: string
}

/** Why nobody notices that a step is left out, where that is known. The first that fits counts. Of order: see weak-survivors.ts. */
export const WHY_NOT: readonly WhyNot[] = [
  {
    code: /memslots\.(find|firstGfn|hostPage|isInvalid|nextOverlapping)|this\.#field/,
    verdict: 'equivalent',
    why: 'there is one memslot, the first, and it stays: 0 is the answer',
  },
  {
    code: /^firstSlot\(/,
    verdict: 'equivalent',
    why: 'there is one memslot, the first, and it stays: 0 is the answer',
  },
  {
    code: /mnMemslotsUpdateRcuwait/,
    verdict: 'equivalent',
    why: 'nobody waits: no memslot is updated here; see elision',
  },
  {
    in: 'uncountPair',
    code: /mnInvalidateLock/,
    verdict: 'survived',
    why: 'one notifier only, so nobody else counts; two are too many states for this table',
  },
  { in: 'addPair', code: /mnActiveInvalidateCount/, verdict: 'equivalent', why: 'one notifier only: the count is 0' },
  {
    code: /needbreak|isContended|CondResched/,
    verdict: 'equivalent',
    why: 'no yield: that is the variant no-yield, which is correct',
  },
  {
    in: 'mmuFaultinPfn',
    code: /precheckAfterPfn/,
    verdict: 'equivalent',
    why: 'a pre-check is a hint: the check under mmu_lock decides',
  },
  {
    in: 'invalidateRetryGfnUnsafe',
    code: /./,
    verdict: 'equivalent',
    why: 'a pre-check is a hint: the check under mmu_lock decides',
  },
  {
    in: 'invalidateBegin',
    code: /./,
    verdict: 'survived',
    why: 'one notifier only: the count is 0 and the range unset when it begins',
  },
  {
    code: /invalidateRange(Start|End)/,
    verdict: 'survived',
    why: 'one page and one notifier: no range is ever widened',
  },
  {
    in: 'invalidateEnd',
    code: /invalidateSeq/,
    verdict: 'survived',
    why: 'one notifier only: the sequence is 0 when it ends',
  },
  { in: 'migrate', code: /./, verdict: 'survived', why: 'without a move of the page there is nothing to be stale' },
  { in: 'move', code: /./, verdict: 'survived', why: 'without a move of the page there is nothing to be stale' },
]
