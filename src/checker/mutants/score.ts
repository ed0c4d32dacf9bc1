import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PatchCode } from '../../patches/code.ts'
import { codeOf } from '../../patches/emit.ts'
import { isStepOf } from '../../patches/steps-of.ts'
import { type Check, configurationsOf } from '../check.ts'
import { exploreProgram } from '../explore.ts'
import { LIMITS } from '../limits.ts'
import type { MemoryModel } from '../memory/model.ts'
import { patienceOf } from '../run-check.ts'
import { partsOf } from '../site.ts'
import { askEngines, type EngineReport, type Surveyed } from './engines.ts'
import { MutantBuilds } from './mutant-builds.ts'
import type { MutantReport } from './mutant-worker.ts'
import { type Mutation, mutationsOf } from './mutations.ts'

/** The verdict on a mutant: that of the engine that noticed it, or of the last; and the reports of all engines. */
export type Scored = Mutation & { readonly report: MutantReport; readonly engines: readonly EngineReport[] }

const DIST = fileURLToPath(new URL('../..', import.meta.url))

/** A mutant may have more states than the original, and must still end. */
const MORE_STATES = 4
/** An execution of a mutant may be longer, too: one that has not ended by then loops forever. */
const MORE_STEPS = 10
/** The schedules are not read, so there is no need to look for short ones. */
const NO_BOUNDED_SEARCH = -1

/** The configurations in which a good variant has at most this many states. Signals are handled between one and the next. */
export async function survey(
  check: Check,
  variant: string,
  states: number,
  only: string | undefined,
  memory: MemoryModel,
  signal: AbortSignal,
): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = []
  for (const { name: configuration } of configurationsOf(check, only, memory, variant)) {
    await setImmediate()
    if (signal.aborted) break
    const patience = patienceOf(check, configuration)
    const limits = { ...LIMITS, patience, states, seconds: 1e9, memory, preemptions: NO_BOUNDED_SEARCH }
    const { verdict, visited, counts } = exploreProgram(check.program(variant, configuration), limits)
    if (verdict !== 'PASS') continue
    const more = { ...limits, states: MORE_STATES * states, depth: MORE_STEPS * limits.depth }
    const { patch, kernel } = check
    const own = { ...(patch === undefined ? {} : { patch }), ...(kernel === undefined ? {} : { kernel }) }
    surveyed.push({ check: check.name, variant, ...own, configuration, limits: more, states: counts.states, visited })
  }
  return surveyed
}

/** The steps of the protocols that can be left out: those that are taken in one of the places. */
export function mutationsIn(surveyed: readonly Surveyed[]): Mutation[] {
  const byFile = new Map<string, Set<string>>()
  for (const site of surveyed.flatMap(({ visited }) => visited)) {
    const file = partsOf(site).place.split(':')[0]!
    if (file.startsWith('protocols/')) byFile.set(file, (byFile.get(file) ?? new Set()).add(site))
  }
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, sites]) => mutationsOf(file, readFileSync(join(DIST, file), 'utf8'), sites))
}

/** The steps of a patch that can be left out. */
export function mutationsOfPatch(patch: PatchCode, surveyed: readonly Surveyed[]): Mutation[] {
  const sites = surveyed.flatMap(({ visited }) => visited).filter((site) => isStepOf(patch, site))
  return mutationsOf(basename(patch.file), codeOf(patch), new Set(sites))
}

/** Leaves one step out at a time, and asks whether a check notices. */
export async function scoreMutants(
  mutations: readonly Mutation[],
  surveyed: readonly Surveyed[],
  threads: number,
  signal: AbortSignal,
  onProgress: (done: number, mutation: Mutation) => void,
): Promise<Scored[]> {
  const scored: Scored[] = new Array(mutations.length)
  const builds = new MutantBuilds()
  let next = 0
  let done = 0
  const work = async () => {
    while (next < mutations.length && !signal.aborted) {
      const index = next
      next += 1
      const mutation = mutations[index]!
      onProgress(done, mutation)
      const engines = await askEngines(builds, mutation, surveyed)
      scored[index] = { ...mutation, report: decisive(engines), engines }
      done += 1
    }
  }
  try {
    await Promise.all(Array.from({ length: threads }, work))
  } finally {
    builds.close()
  }
  return scored.filter((one) => one !== undefined)
}

const UNASKED: MutantReport = { verdict: 'PASS', by: '', where: '' }

/** The engine that noticed; otherwise the first one, which should have. */
const decisive = (engines: readonly EngineReport[]): MutantReport =>
  engines.find(({ verdict }) => verdict === 'FAIL') ?? engines[0] ?? UNASKED
