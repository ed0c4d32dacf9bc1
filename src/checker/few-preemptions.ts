import { BoundedSearch } from './bounded-search.ts'
import { NotedFingerprints } from './fingerprint.ts'
import type { Limits } from './limits.ts'
import type { Machine } from './machine.ts'
import type { Finding } from './program.ts'
import type { Reducer } from './reducer.ts'
import { type Counts, type Hooks, LIVELOCK, type Outcome } from './search.ts'

const BOUNDED_STEPS = 600_000
/** To make a witness shorter that has been found. */
const SHORTER_STEPS = 100_000
/** If an actor can loop forever and change memory each time, no state repeats, so the depth is bounded. */
const BOUNDED_DEPTH = 600

/** Looks for a violation with few preemptions, and for the shortest way to it. */
export function searchBounded(
  machine: Machine,
  counts: Counts,
  reduction: Reducer,
  limits: Limits,
  hooks: Hooks,
): Outcome | undefined {
  const visited = new NotedFingerprints()
  for (let most = 0; most <= limits.preemptions; most += 1) {
    let found = new BoundedSearch(machine, counts, reduction, visited, hooks).run(most, BOUNDED_STEPS, BOUNDED_DEPTH)
    if (found === undefined) continue
    // The same with as few preemptions in fewer steps, as long as there is one. How a livelock begins is not looked for twice.
    for (let shorter: typeof found | undefined = found; shorter !== undefined && !isLivelock(shorter); ) {
      found = shorter
      if (found.schedule.length === 0) break
      shorter = new BoundedSearch(machine, counts, reduction, visited, hooks, true).run(
        most,
        SHORTER_STEPS,
        found.schedule.length - 1,
      )
      if (shorter?.findings[0]?.name !== found.findings[0]?.name) shorter = undefined
    }
    return { verdict: 'FAIL', ...found }
  }
  return undefined
}

const isLivelock = ({ findings }: { readonly findings: readonly Finding[] }) => findings[0]?.name === LIVELOCK.name
