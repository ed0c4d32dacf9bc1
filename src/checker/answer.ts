import { isAnythingReported } from './asserted.ts'
import { limitsOf, refuseUnknown } from './bounds.ts'
import { type Exploration, programOf } from './exploration.ts'
import { exploreProgram } from './explore.ts'
import type { Explored } from './explored.ts'
import { withGuards } from './guards.ts'
import type { Limits } from './limits.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Finding, Program } from './program.ts'
import { Refused } from './refused.ts'
import { definitionOfProgram, type Replay, readSchedule, replayOf, type Step } from './replay.ts'
import { compareWithFresh } from './reruns.ts'
import { scheduleText } from './schedule.ts'
import type { Counts } from './search.ts'
import { starvingActors } from './starvation-search.ts'
import { loadTraced, type ModuleName } from './tracing/load-traced.ts'
import { watched } from './watch.ts'
import { watchOracle } from './watch-oracle.ts'

/** A user's program has been tested less than ours, so more of its executions are run twice. */
const RERUN_GROWTH = 3

export type Answer = {
  /** Every interleaving within the bound is right; one is wrong; or it is not known. */
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  /** Why it is not known: a sentence. */
  readonly because: string | null
  readonly memory: MemoryModel
  readonly findings: readonly Finding[]
  /** The actor of each step of the execution that is wrong, as an index of `actors`; larger ones are stores and loads, see `--memory`. */
  readonly schedule: readonly number[] | null
  /** The schedule as text with its memory model: for `replay()`. */
  readonly replay: string | null
  /** The execution, one column an actor. */
  readonly witness: string | null
  /** The same as data, a step each. */
  readonly steps: readonly Step[]
  readonly counts: Counts
}

/** An exploration that a module exports, as default unless `name` is given. */
export type ModuleExploration = {
  /** A path, or an address such as `new URL('lock.js', import.meta.url)`. */
  readonly module: ModuleName
  readonly name?: string
  /** Overrides bounds of the module, one by one. */
  readonly bound?: Partial<Limits>
}

/**
 * Explores every interleaving of the actors. What cannot be explored, or is not the same from run to run, is `Refused`. In a
 * `module`, and all that it imports, the checker also sees the local state of the actors: that is faster by far.
 */
export function explore<Subject>(exploration: Exploration<Subject>): Answer
export function explore(exploration: ModuleExploration): Promise<Answer>
export function explore<Subject>(exploration: Exploration<Subject> | ModuleExploration): Answer | Promise<Answer> {
  return 'module' in Object(exploration)
    ? exploreModule(exploration as ModuleExploration)
    : exploreHere(exploration as Exploration<Subject>)
}

async function exploreModule(of: ModuleExploration): Promise<Answer> {
  refuseUnknown('the exploration of a module', of, ['module', 'name', 'bound'])
  const { module, name = 'default', bound } = of
  const [one, other] = [await exportOf(module, name), await exportOf(module, name)]
  return exploreHere(bound === undefined ? one : { ...one, bound: { ...one.bound, ...bound } }, other)
}

/** The export of a module that is loaded as if for the first time. */
async function exportOf(module: ModuleName, name: string): Promise<Exploration<unknown>> {
  const exported = (await loadTraced(module))[name]
  if (typeof exported === 'object' && exported !== null) return exported as Exploration<unknown>
  throw new Refused(
    `${typeof module === 'string' ? module : module.href} exports no exploration as '${name}'`,
    'Export `{ setup, actors, oracle }`.',
  )
}

/** `fresh`: the same of another instance of its module. */
function exploreHere<Subject>(asked: Exploration<Subject>, fresh?: Exploration<Subject>): Answer {
  return withGuards(() => {
    const { exploration, mayAssert } = watchOracle(asked)
    const program = watched((watch) => watch(() => programOf(exploration)))
    const limits = limitsOf(exploration.bound)
    const explored = exploreProgram(program, limits, undefined, RERUN_GROWTH)
    if (fresh !== undefined) {
      const { sampled } = explored
      watched((watch) => watch(() => compareWithFresh(program, programOf(fresh), limits, sampled)))
    }
    if (explored.verdict === 'PASS' && exploration.mustEnd !== undefined) {
      return answerOf(program, limits, starvingActors(program, exploration, explored))
    }
    const isAsserted =
      mayAssert() || explored.verdict !== 'PASS' || watched((watch) => isAnythingReported(program, watch))
    return answerOf(program, limits, isAsserted ? explored : { ...explored, verdict: 'UNKNOWN', because: 'nothing' })
  })
}

/** Plays a schedule of an exploration: the numbers of its answer, or its `replay`, which says with which memory. */
export function replay<Subject>(exploration: Exploration<Subject>, schedule: readonly number[] | string): Replay {
  return withGuards(() => {
    const program = watched((watch) => watch(() => programOf(exploration)))
    const { patience, memory } = limitsOf(exploration.bound)
    const read =
      typeof schedule === 'string' ? readSchedule(program, schedule) : { patience, memory, steppers: schedule }
    return watched((watch) => watch(() => replayOf(program, read)))
  })
}

function answerOf(program: Program, limits: Limits, explored: Explored): Answer {
  const { verdict, findings, schedule: steppers, patience, counts } = explored
  const { memory } = limits
  const because = becauseOf(explored)
  const answer = { verdict, because, memory, findings, schedule: steppers, counts }
  if (steppers === null) return { ...answer, replay: null, witness: null, steps: [] }
  const { witness, steps } = watched((watch) => watch(() => replayOf(program, { patience, memory, steppers })))
  const text = scheduleText({ definition: definitionOfProgram(program), patience, memory, steppers })
  return { ...answer, replay: text, witness, steps }
}

/** Why a verdict is not known, in a sentence. */
function becauseOf({ because, waits, limits, counts }: Explored): string | null {
  if (because === 'depth') {
    const spins =
      waits.length === 0 ? '' : `: ${waits.join('; ')}. Mark a waiting loop with cpu.pause(), or use cpu.untilEqual()`
    return `an execution was longer than bound.depth, ${limits.depth} steps${spins}`
  }
  if (because === 'states') return `there are more states than bound.states, ${limits.states}`
  if (because === 'time' && limits.mode !== 'exhaustive') {
    return `${counts.executions} random executions (bound.mode '${limits.mode}') found no violation; they prove nothing`
  }
  if (because === 'time') return `time was over: bound.seconds, ${limits.seconds}`
  if (because === 'nothing') {
    return 'nothing was asserted: no oracle reads a value or a result, and no actor ever reports a violation. All actors do end, in every interleaving; if that is all you want to prove, give the oracle `allEnd`'
  }
  return because
}
