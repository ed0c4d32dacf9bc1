import { BoundedSearch } from './bounded-search.ts'
import { type Counts, Exhaustion, type Hooks, LIVELOCK, type Outcome } from './exhaust.ts'
import { withGuards } from './guards.ts'
import { LivelockProbe } from './livelock.ts'
import { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import { WeakReduction } from './memory/weak-reduction.ts'
import type { Finding, Program } from './program.ts'
import type { Reducer } from './reducer.ts'
import { Reduction } from './reduction.ts'
import { Reruns } from './reruns.ts'
import { sample } from './sample.ts'
import { spinsIn } from './spins-in.ts'
import { type Watch, watched } from './watch.ts'

export type Limits = {
  /** How often a loop that retries goes round before a signal ends it. */
  readonly patience: number
  /** Preemptions up to which a short witness is looked for first. */
  readonly preemptions: number
  readonly states: number
  readonly depth: number
  readonly seconds: number
  /** All of them; or executions by chance, for what is too large. */
  readonly mode: 'exhaustive' | 'random' | 'pct'
  readonly seed: number
  readonly memory: MemoryModel
}

export const LIMITS: Limits = {
  patience: 1,
  preemptions: 2,
  states: 40_000_000,
  depth: 10_000,
  seconds: 120,
  mode: 'exhaustive',
  seed: 1,
  memory: 'sc',
}

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
  /** Where steps were taken: `function file:line:column`. Only of actors from the traced build. */
  readonly visited: readonly string[]
  /** Some of the executions that were run twice. */
  readonly sampled: readonly (readonly number[])[]
  /** If an execution was too long: the actors that load the same word again and again in it, in a sentence each. */
  readonly waits: readonly string[]
}

const BOUNDED_STEPS = 600_000
/** To make a witness shorter that has been found. */
const SHORTER_STEPS = 100_000
/** Where an actor can go round for ever and leave something behind each time, no state comes twice. */
const BOUNDED_DEPTH = 600

/**
 * Explores a program: first ways with few preemptions, which give the witness that is easiest to read, then everything within
 * the limits. `onProgress` is told the counts now and then. A program that is not the same from run to run is refused: of its
 * executions some are run twice, fewer and fewer by `rerunGrowth`.
 */
export function exploreProgram(
  program: Program,
  limits: Limits = LIMITS,
  onProgress?: (counts: Counts) => void,
  rerunGrowth = 16,
): Explored {
  return withGuards(() => watched((watch) => exploreWatched(program, limits, watch, rerunGrowth, onProgress)))
}

function exploreWatched(
  program: Program,
  limits: Limits,
  watch: Watch,
  rerunGrowth: number,
  onProgress?: (counts: Counts) => void,
): Explored {
  const began = performance.now()
  const options = { patience: limits.patience, memory: limits.memory }
  const machine = watch(() => new Machine(program, options))
  const reduction = reductionOf(machine)
  const probe = new LivelockProbe(program, limits.memory)
  const reruns = new Reruns(program, options, rerunGrowth)
  const hooks: Hooks = {
    loops: (gaveUp) => program.isUnended !== true && probe.loops(gaveUp),
    ended: (at) => reruns.ended(at),
    watch,
  }
  const isOver = (counts: Counts) => {
    onProgress?.(counts)
    return performance.now() - began > limits.seconds * 1000
  }
  const search = new Exhaustion(machine, { ...limits, isOver }, reduction, hooks)
  const outcome: Outcome =
    machine.findingsAtFirst.length > 0
      ? { verdict: 'FAIL', schedule: [], findings: machine.findingsAtFirst }
      : limits.mode === 'exhaustive'
        ? (searchBounded(machine, search.counts, reduction, limits, hooks) ?? required(search.run(), machine))
        : sample(machine, search.counts, { ...limits, kind: limits.mode, isOver }, hooks)
  // A livelock was seen without the signal that would have ended it.
  const isLivelock = outcome.verdict === 'FAIL' && probe.schedule.length > 0
  const schedule = isLivelock ? probe.schedule : outcome.verdict === 'FAIL' ? outcome.schedule : search.deepest
  if (!isLivelock) watch(() => compareOnce(reruns, machine, schedule))
  return {
    verdict: outcome.verdict,
    because: outcome.verdict === 'UNKNOWN' ? outcome.because : null,
    findings: outcome.verdict === 'FAIL' ? outcome.findings : [],
    schedule: outcome.verdict === 'FAIL' && schedule.length > 0 ? schedule : null,
    patience: isLivelock ? 1 << 28 : limits.patience,
    counts: search.counts,
    ms: performance.now() - began,
    limits,
    visited: [...new Set(machine.behaviours.flatMap(({ visited }) => [...visited]))],
    sampled: isLivelock ? [] : reruns.compared,
    waits: outcome.verdict === 'UNKNOWN' && outcome.because === 'depth' ? spinsIn(machine, schedule) : [],
  }
}

/** The execution that was found, or the longest one, is always run a second time. */
function compareOnce(reruns: Reruns, machine: Machine, schedule: readonly number[]): void {
  machine.backTo(0)
  for (const stepper of schedule) machine.step(stepper)
  reruns.compare(machine)
  machine.backTo(0)
}

export const reductionOf = (machine: Machine): Reducer =>
  machine.weak === undefined ? new Reduction(machine) : new WeakReduction(machine)

function searchBounded(
  machine: Machine,
  counts: Counts,
  reduction: Reducer,
  limits: Limits,
  hooks: Hooks,
): Outcome | undefined {
  for (let most = 0; most <= limits.preemptions; most += 1) {
    let found = new BoundedSearch(machine, counts, reduction, hooks).run(most, BOUNDED_STEPS, BOUNDED_DEPTH)
    if (found === undefined) continue
    // The same with as few preemptions in fewer steps, as long as there is one. How a livelock begins is not looked for twice.
    for (let shorter: typeof found | undefined = found; shorter !== undefined && !isLivelock(shorter); ) {
      found = shorter
      if (found.schedule.length === 0) break
      shorter = new BoundedSearch(machine, counts, reduction, hooks, true).run(
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

/** What must be seen to happen in some execution, and was not in any. */
function required(outcome: Outcome, machine: Machine): Outcome {
  if (outcome.verdict !== 'PASS') return outcome
  const missing = machine.program.required.filter(
    ({ anyOf }) => !anyOf.some((counter) => machine.behaviours.some(({ covered }) => covered.has(counter))),
  )
  if (missing.length === 0) return outcome
  return { verdict: 'FAIL', schedule: [], findings: missing.map(({ finding }) => finding) }
}
