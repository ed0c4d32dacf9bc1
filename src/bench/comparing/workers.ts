import type { Run, TrialRow } from '../result.ts'

/** Undefined for a run without such trials, and for one in which only some trials are of a kind. */
function kindOf({ trials }: Run, is: (trial: TrialRow) => boolean): boolean | undefined {
  const own = trials.filter(({ mode }) => mode === 'throughput').map(is)
  return own.length === 0 || new Set(own).size > 1 ? undefined : own[0]
}

type Kind = { readonly is: (trial: TrialRow) => boolean; readonly yes: string; readonly no: string }

/** How the workers of trials for throughput were started and placed. */
const KINDS: readonly Kind[] = [
  {
    is: ({ start }) => start !== undefined,
    yes: 'shared workers that were kept and warm',
    no: 'had fresh workers each',
  },
  {
    is: ({ cpus }) => cpus !== undefined,
    yes: 'had each worker bound to a CPU',
    no: 'had workers that the host could move',
  },
]

/** Trials of kept workers inherit compiled code and warm caches, and bound ones their CPU: their figures are of another kind. */
export function workerDifferences(base: Run, head: Run): string[] {
  return KINDS.flatMap(({ is, yes, no }) => {
    const [a, b] = [kindOf(base, is), kindOf(head, is)]
    if (a === undefined || b === undefined || a === b) return []
    const [first, second] = a ? [yes, no] : [no, yes]
    return [`trials of one side ${first}, those of the other ${second}`]
  })
}
