import { isAnythingReported } from './asserted.ts'
import { limitsOf } from './bounds.ts'
import type { Counts } from './exhaust.ts'
import { type Exploration, programOf } from './exploration.ts'
import { type Explored, exploreProgram, type Limits } from './explore.ts'
import { withGuards } from './guards.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Finding, Program } from './program.ts'
import { watched } from './watch.ts'
import { play } from './witness.ts'
import { witnessText } from './witness-text.ts'

/** A program of one's own has been tried less than ours. */
const RERUN_GROWTH = 3

export type Answer = {
  /** Every interleaving within the bound is right; one is wrong; or it is not known. */
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  /** Why it is not known: a sentence. */
  readonly because: string | null
  readonly memory: MemoryModel
  readonly findings: readonly Finding[]
  /** Who takes each step of the execution that is wrong, as indexes of `actors`; larger ones are stores and loads, see `--memory`. */
  readonly schedule: readonly number[] | null
  /** The execution, one column an actor. */
  readonly witness: string | null
  readonly counts: Counts
}

/** Explores every interleaving of the actors. What cannot be explored, or is not the same from run to run, is `Refused`. */
export function explore<Subject>(exploration: Exploration<Subject>): Answer {
  return withGuards(() => {
    const program = watched((watch) => watch(() => programOf(exploration)))
    const limits = limitsOf(exploration.bound)
    const explored = exploreProgram(program, limits, undefined, RERUN_GROWTH)
    const isAsserted =
      exploration.oracle !== undefined ||
      explored.verdict !== 'PASS' ||
      watched((watch) => isAnythingReported(program, watch))
    return answerOf(program, limits, isAsserted ? explored : { ...explored, verdict: 'UNKNOWN', because: 'nothing' })
  })
}

function answerOf(program: Program, limits: Limits, explored: Explored): Answer {
  const { verdict, findings, schedule, patience, counts } = explored
  const { memory } = limits
  const played = schedule && play(new Machine(program, { patience, memory }), schedule)
  const witness = played && witnessText(program, played)
  return { verdict, because: becauseOf(explored), memory, findings, schedule, witness, counts }
}

/** Why a verdict is not known, in a sentence. */
function becauseOf({ because, waits, limits, counts }: Explored): string | null {
  if (because === 'depth') {
    const spins =
      waits.length === 0
        ? ''
        : `: ${waits.join('; ')}. A loop that waits says so by cpu.pause(), or is cpu.untilEqual()`
    return `an execution was longer than bound.depth, ${limits.depth} steps${spins}`
  }
  if (because === 'states') return `there are more states than bound.states, ${limits.states}`
  if (because === 'time' && limits.mode !== 'exhaustive') {
    return `${counts.executions} executions by chance (bound.mode '${limits.mode}') showed nothing wrong, and prove nothing`
  }
  if (because === 'time') return `time was over: bound.seconds, ${limits.seconds}`
  if (because === 'nothing') {
    return 'nothing was asserted: there is no oracle, and no actor reports a violation whatever it finds in memory. All actors do end, in every interleaving; if that is all that is asked, give the oracle `allEnd`'
  }
  return because
}
