import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Check } from '../check.ts'
import { exploreProgram, LIMITS } from '../explore.ts'
import type { MemoryModel } from '../memory/model.ts'
import { patienceOf } from '../run-check.ts'
import { MutantBuilds } from './mutant-builds.ts'
import type { MutantJob, MutantReport, Place } from './mutant-worker.ts'
import { type Mutation, mutationsOf } from './mutations.ts'

export type Scored = Mutation & { readonly report: MutantReport }

const DIST = fileURLToPath(new URL('../..', import.meta.url))
/** A mutant that says nothing for so long goes round somewhere without taking a step. */
const SILENT_MS = 15_000

/** A place that a good variant has passed, with what it visited there. */
export type Surveyed = Place & { readonly states: number; readonly visited: readonly string[] }

/** A mutant may have more states than what it was made of, and must come to an end as well. */
const MORE_STATES = 4

/** The configurations in which a good variant has at most so many states. */
export function survey(
  check: Check,
  variant: string,
  states: number,
  only: string | undefined,
  memory: MemoryModel,
): Surveyed[] {
  const asked = check.configurations.filter(({ name, isLarge }) => (only ?? (isLarge ? '' : name)) === name)
  return asked.flatMap(({ name: configuration }) => {
    const limits = { ...LIMITS, patience: patienceOf(check, configuration), states, seconds: 1e9, memory }
    const { verdict, visited, counts } = exploreProgram(check.program(variant, configuration), limits)
    if (verdict !== 'PASS') return []
    const more = { ...limits, states: MORE_STATES * states }
    return [{ check: check.name, variant, configuration, limits: more, states: counts.states, visited }]
  })
}

/** The steps of the protocols that can be left out: those that are taken in one of the places. */
export function mutationsIn(surveyed: readonly Surveyed[]): Mutation[] {
  const byFile = new Map<string, Set<string>>()
  for (const site of surveyed.flatMap(({ visited }) => visited)) {
    const file = site.split(' ')[1]?.split(':')[0]
    if (file?.startsWith('protocols/')) byFile.set(file, (byFile.get(file) ?? new Set()).add(site))
  }
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, sites]) => mutationsOf(file, readFileSync(join(DIST, file), 'utf8'), sites))
}

/** Where the changed step is taken, the smallest first: elsewhere the mutant does what the good variant does. */
function placesOf(surveyed: readonly Surveyed[], { site }: Mutation): Place[] {
  return surveyed
    .filter(({ visited }) => visited.some((one) => (site.endsWith(':') ? one.startsWith(site) : one === site)))
    .sort((a, b) => a.states - b.states)
    .map(({ check, variant, configuration, limits }) => ({ check, variant, configuration, limits }))
}

/** Leaves one step out at a time, and asks whether anybody notices. */
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
      scored[index] = { ...mutation, report: await tryOut(builds, mutation, placesOf(surveyed, mutation)) }
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

const UNSEEN: MutantReport = { verdict: 'PASS', by: '', where: '' }

/** Sequentially consistent memory knows neither barriers nor plain accesses: such a mutant is what it was made of. */
const isUnseen = ({ kind, code }: Mutation, [place]: readonly Place[]) =>
  place?.limits.memory === 'sc' && (kind === 'plain' || code.startsWith('cpu.barrier('))

async function tryOut(builds: MutantBuilds, mutation: Mutation, places: readonly Place[]): Promise<MutantReport> {
  if (isUnseen(mutation, places)) return UNSEEN
  const { checks, remove } = builds.build(mutation)
  return await explore({ checks, places }).finally(remove)
}

function explore(job: MutantJob): Promise<MutantReport> {
  const worker = new Worker(new URL('mutant-worker.js', import.meta.url), { workerData: job })
  let where = ''
  return new Promise<MutantReport>((resolve) => {
    const settle = (report: MutantReport) => {
      clearTimeout(timer)
      resolve(report)
    }
    const timer = setTimeout(() => settle({ verdict: 'FAIL', by: 'it never comes to an end', where }), SILENT_MS)
    worker.on('message', (message: string | MutantReport) => {
      if (typeof message !== 'string') return settle(message)
      where = message
      timer.refresh()
    })
    worker.once('error', ({ message }) =>
      settle({ verdict: 'FAIL', by: `it fails: ${message.split('\n')[0]!.slice(0, 60)}`, where }),
    )
  }).finally(() => worker.terminate())
}
