import { BoundedSearch } from './bounded-search.ts'
import { Exhaustion } from './exhaust.ts'
import { type Exploring, exploring, FOR_EVER, reductionOf } from './exploring.ts'
import { withGuards } from './guards.ts'
import type { Machine } from './machine.ts'
import type { MemoryModel } from './memory/model.ts'
import { ALONE, Helped, HelperLost } from './pair/helped.ts'
import type { Done, Link } from './pair/side.ts'
import type { Finding, Program } from './program.ts'
import type { Reducer } from './reducer.ts'
import { Reduction } from './reduction.ts'
import type { Reruns } from './reruns.ts'
import { sample } from './sample.ts'
import { type Counts, type Hooks, LIVELOCK, type Outcome } from './search.ts'
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
  return exploreTogether(program, limits, undefined, onProgress, rerunGrowth)
}

/**
 * The same, by two threads if another one comes to help over `link`. A verdict that is not `PASS` is looked for once more by this
 * thread alone, so that the witness is the same as always.
 */
export function exploreTogether(
  program: Program,
  limits: Limits,
  link: Link | undefined,
  onProgress?: (counts: Counts) => void,
  rerunGrowth = 16,
): Explored {
  const run = { program, limits, began: performance.now(), rerunGrowth, onProgress, alone: ALONE }
  // Once: what is begun again, because the host was slow or the helper is lost, is done alone.
  let helps = link
  const explore = (): Came => {
    return withGuards(() =>
      watched((watch) => {
        const by = helps
        helps = undefined
        return exploreWatched({ ...run, link: by }, watch)
      }),
    )
  }
  const { isFinal, explored } = tried(explore)
  if (isFinal) return explored
  const alone = explore().explored
  return alone.because === 'time' && explored.verdict === 'FAIL' ? explored : alone
}

/** What two threads come to, whatever it is, if the helper is let in at once. */
export function exploreByTwo(program: Program, limits: Limits, link: Link): Explored {
  const run = { program, limits, link, began: performance.now(), rerunGrowth: 16, onProgress: undefined, alone: 0 }
  return withGuards(() => watched((watch) => exploreWatched(run, watch))).explored
}

/** Once more, alone, if the thread that helped is lost. */
function tried(explore: () => Came): Came {
  try {
    return explore()
  } catch (error) {
    if (error instanceof HelperLost) return explore()
    throw error
  }
}

type Run = {
  readonly program: Program
  readonly limits: Limits
  readonly began: number
  readonly rerunGrowth: number
  readonly onProgress: ((counts: Counts) => void) | undefined
  readonly link: Link | undefined
  /** Steps of a round before a helper is let in. */
  readonly alone: number
}

/** `isFinal`: false if another thread took part in what may come out otherwise the next time. */
type Came = { readonly explored: Explored; readonly isFinal: boolean }

function exploreWatched(run: Run, watch: Watch): Came {
  const { program, limits, link } = run
  const parts = exploring(program, limits, watch, run.rerunGrowth)
  const { machine, probe, reruns, hooks } = parts
  const reduction = reductionOf(machine)
  const isOver = (counts: Counts) => {
    run.onProgress?.(counts)
    return performance.now() - run.began > limits.seconds * 1000
  }
  const helped =
    link !== undefined && reduction instanceof Reduction
      ? new Helped(link, limits.depth, reduction, run.alone)
      : undefined
  const search = new Exhaustion(machine, { ...limits, isOver }, reduction, hooks, helped)
  try {
    const outcome: Outcome =
      machine.findingsAtFirst.length > 0
        ? { verdict: 'FAIL', schedule: [], findings: machine.findingsAtFirst }
        : limits.mode === 'exhaustive'
          ? (searchBounded(machine, search.counts, reduction, limits, hooks) ?? search.run())
          : sample(machine, search.counts, { ...limits, kind: limits.mode, isOver }, hooks)
    const done = helped?.end()
    const there = helped?.found
    const checked = limits.mode === 'exhaustive' ? required(outcome, machine, done?.covered) : outcome
    // A livelock was seen without the signal that would have ended it.
    const isOwnLivelock = there === undefined && checked.verdict === 'FAIL' && probe.schedule.length > 0
    const patience = there?.patience ?? (isOwnLivelock ? FOR_EVER : limits.patience)
    const way = isOwnLivelock ? probe.schedule : checked.verdict === 'FAIL' ? checked.schedule : search.deepest
    if (patience !== FOR_EVER) watch(() => compareOnce(reruns, machine, way))
    const counts = countsOf(search.counts, done)
    const explored = exploredOf(
      { ...parts, outcome: checked, patience, way, counts, visited: done?.visited ?? [] },
      run,
    )
    const { verdict, because } = explored
    return {
      explored,
      isFinal: helped?.hasJoined !== true || verdict === 'PASS' || because === 'time' || because === 'states',
    }
  } finally {
    helped?.abandon()
  }
}

type Ended = Exploring & {
  readonly outcome: Outcome
  readonly patience: number
  readonly way: readonly number[]
  readonly counts: Counts
  readonly visited: readonly string[]
}

function exploredOf(ended: Ended, { limits, began }: Run): Explored {
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
function countsOf(own: Counts, done: Done | undefined): Counts {
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

/** The execution that was found, or the longest one, is always run a second time. */
function compareOnce(reruns: Reruns, machine: Machine, schedule: readonly number[]): void {
  machine.backTo(0)
  for (const stepper of schedule) machine.step(stepper)
  reruns.compare(machine)
  machine.backTo(0)
}

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
function required(outcome: Outcome, machine: Machine, elsewhere: readonly number[] = []): Outcome {
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
