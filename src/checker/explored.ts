import { type Exploring, FOR_EVER } from './exploring.ts'
import type { Limits } from './limits.ts'
import type { Machine } from './machine.ts'
import type { Done } from './pair/side.ts'
import type { Finding } from './program.ts'
import type { Counts, Outcome } from './search.ts'
import { spinsIn } from './spins-in.ts'

export type Explored = {
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  /** Why it is not known. */
  readonly because: 'depth' | 'states' | 'time' | 'nothing' | null
  readonly findings: readonly Finding[]
  /** The way to a violation; none if it is that nothing ever happens. */
  readonly schedule: readonly number[] | null
  /** With which the schedule was found, and must be replayed. */
  readonly patience: number
  readonly counts: Counts
  readonly ms: number
  readonly limits: Limits
  /** The places at which steps were taken: `function file:line:column`. Only for actors from the traced build. */
  readonly visited: readonly string[]
  /** Some of the executions that were run twice. */
  readonly sampled: readonly (readonly number[])[]
  /** If an execution was too long: the actors that load the same word again and again in it, in a sentence each. */
  readonly waits: readonly string[]
}

/** The end of an exploration. */
export type Ended = Exploring & {
  readonly outcome: Outcome
  readonly patience: number
  readonly way: readonly number[]
  readonly counts: Counts
  readonly visited: readonly string[]
}

export function exploredOf(ended: Ended, limits: Limits, began: number): Explored {
  const { outcome, patience, way, counts, machine, reruns } = ended
  return {
    verdict: outcome.verdict,
    because: outcome.verdict === 'UNKNOWN' ? outcome.because : null,
    findings: outcome.verdict === 'FAIL' ? outcome.findings : [],
    schedule: outcome.verdict === 'FAIL' && way.length > 0 ? way : null,
    patience,
    counts,
    ms: performance.now() - began,
    limits,
    visited: [...new Set([...machine.behaviours.flatMap(({ visited }) => [...visited]), ...ended.visited])],
    sampled: patience === FOR_EVER ? [] : reruns.compared,
    waits: outcome.verdict === 'UNKNOWN' && outcome.because === 'depth' ? spinsIn(machine, way) : [],
  }
}

/** With those of the thread that helped. */
export function countsOf(own: Counts, done: Done | undefined): Counts {
  if (done === undefined) return own
  const { executions, blocked, pruned, states, steps } = done.counts
  return {
    executions: own.executions + executions,
    blocked: own.blocked + blocked,
    pruned: own.pruned + pruned,
    states: own.states + states,
    steps: own.steps + steps,
    rounds: own.rounds,
  }
}

/** Events that must occur in some execution, and did not occur in any. */
export function required(outcome: Outcome, machine: Machine, elsewhere: readonly number[] = []): Outcome {
  if (outcome.verdict !== 'PASS') return outcome
  const missing = machine.program.required.filter(
    ({ anyOf }) =>
      !anyOf.some(
        (counter) => elsewhere.includes(counter) || machine.behaviours.some(({ covered }) => covered.has(counter)),
      ),
  )
  if (missing.length === 0) return outcome
  return { verdict: 'FAIL', schedule: [], findings: missing.map(({ finding }) => finding) }
}
