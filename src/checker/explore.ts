import { Exhaustion } from './exhaust.ts'
import { countsOf, type Explored, exploredOf, required } from './explored.ts'
import { exploring, FOR_EVER, reductionOf } from './exploring.ts'
import { searchBounded } from './few-preemptions.ts'
import { withGuards } from './guards.ts'
import { LIMITS, type Limits } from './limits.ts'
import type { Machine } from './machine.ts'
import { ALONE, Helped, HelperLost } from './pair/helped.ts'
import { type Link, Side } from './pair/side.ts'
import type { Program } from './program.ts'
import type { Reruns } from './reruns.ts'
import { sample } from './sample.ts'
import type { Counts, Outcome } from './search.ts'
import { type Watch, watched } from './watch.ts'

/**
 * Explores a program: first executions with few preemptions, which give the most readable witness, then everything
 * within the limits. `onProgress` receives the counts now and then. A program that differs from run to run is refused:
 * some of its executions run twice, less and less often by `rerunGrowth`.
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
 * The same with two threads, if another one joins over `link`. If the verdict is not `PASS`, this thread explores once
 * more alone, so the witness is always the same. `alone`: the number of steps of a round before the other may join.
 */
export function exploreTogether(
  program: Program,
  limits: Limits,
  link: Link | undefined,
  onProgress?: (counts: Counts) => void,
  rerunGrowth = 16,
  alone = ALONE,
): Explored {
  const run = { program, limits, began: performance.now(), rerunGrowth, onProgress, alone }
  const explore = beginning(run, link)
  const { isFinal, explored } = tried(explore)
  if (isFinal) return explored
  const again = explore().explored
  return again.because === 'time' && explored.verdict === 'FAIL' ? explored : again
}

/** The result of two threads, unconfirmed, if the helper may join at once. */
export function exploreByTwo(program: Program, limits: Limits, link: Link): Explored {
  const run = { program, limits, began: performance.now(), rerunGrowth: 16, onProgress: undefined, alone: 0 }
  return beginning(run, link)().explored
}

/** Starts an exploration. Only the first start has a helper: a restart, on a slow host or after the helper was lost, runs alone. */
function beginning(run: Omit<Run, 'link'>, link: Link | undefined): () => Came {
  let helps = link
  return () =>
    withGuards(() =>
      watched((watch) => {
        const by = helps
        helps = undefined
        return exploreWatched({ ...run, link: by }, watch)
      }),
    )
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
  /** The number of steps of a round before a helper may join. */
  readonly alone: number
}

/** `isFinal`: false if another thread took part in a result that may differ the next time. */
type Came = { readonly explored: Explored; readonly isFinal: boolean }

function exploreWatched(run: Run, watch: Watch): Came {
  const { program, limits, link } = run
  const parts = orLetGo(link, () => exploring(program, limits, watch, run.rerunGrowth))
  const { machine, probe, reruns, hooks } = parts
  const reduction = reductionOf(machine)
  const isOver = (counts: Counts) => {
    run.onProgress?.(counts)
    return performance.now() - run.began > limits.seconds * 1000
  }
  const helped = link && new Helped(link, limits.depth, reduction, run.alone)
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
    const ended = { ...parts, outcome: checked, patience, way, counts, visited: done?.visited ?? [] }
    const explored = exploredOf(ended, limits, run.began)
    const { verdict, because } = explored
    return {
      explored,
      isFinal: helped?.hasJoined !== true || verdict === 'PASS' || because === 'time' || because === 'states',
    }
  } finally {
    helped?.abandon()
  }
}

/** A helper waits at the other end of the link, also for a program that is refused before anything is explored. */
function orLetGo<Made>(link: Link | undefined, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    if (link !== undefined) new Side(link, 0).send({ is: 'over' })
    throw error
  }
}

/** The execution that was found, or the longest one, is always run a second time. */
function compareOnce(reruns: Reruns, machine: Machine, schedule: readonly number[]): void {
  machine.backTo(0)
  for (const stepper of schedule) machine.step(stepper)
  reruns.compare(machine)
  machine.backTo(0)
}
