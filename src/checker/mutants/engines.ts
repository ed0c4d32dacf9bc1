import { Worker } from 'node:worker_threads'
import type { MemoryModel } from '../memory/model.ts'
import type { MutantBuilds } from './mutant-builds.ts'
import type { MutantJob, MutantReport, Place } from './mutant-worker.ts'
import { isOfOrder, type Mutation } from './mutations.ts'

/** A place at which a good variant passed, with the steps visited there. */
export type Surveyed = Place & { readonly states: number; readonly visited: readonly string[] }

/** The verdict of one memory model on a mutant, and the number of places explored. */
export type EngineReport = MutantReport & { readonly memory: MemoryModel; readonly places: number }

/** A mutant that says nothing for so long goes round somewhere without taking a step. */
const SILENT_MS = 15_000

/**
 * Explores with sequentially consistent memory, unless the mutant changes only order, which that cannot show; then with relaxed memory, which has
 * all of its outcomes and more. If relaxed memory notices, tso shows whether x86 does too; a mutant that passes relaxed memory also passes tso.
 */
export async function askEngines(
  builds: MutantBuilds,
  mutation: Mutation,
  surveyed: readonly Surveyed[],
): Promise<EngineReport[]> {
  const engines = isOfOrder(mutation) ? (['relaxed', 'tso'] as const) : (['sc', 'relaxed', 'tso'] as const)
  const asked = engines.filter((memory) => placesOf(surveyed, mutation, memory).length > 0)
  if (asked.length === 0) return []
  const reports: EngineReport[] = []
  const { checks, patch, remove } = builds.build(mutation, surveyed[0]?.patch)
  try {
    for (const memory of asked) {
      const places = placesOf(surveyed, mutation, memory)
      const report = await explore({
        checks,
        places: patch === undefined ? places : places.map((place) => ({ ...place, patch })),
      })
      reports.push({ ...report, memory, places: places.length })
      if (memory === 'sc' ? report.verdict === 'FAIL' : report.verdict === 'PASS') break
    }
  } finally {
    remove()
  }
  return reports
}

/** The places at which the changed step is taken, the smallest first: elsewhere the mutant behaves like the good variant. */
function placesOf(surveyed: readonly Surveyed[], { site }: Mutation, memory: MemoryModel): Place[] {
  return surveyed
    .filter(({ limits }) => limits.memory === memory)
    .filter(({ visited }) => visited.some((one) => (site.endsWith(':') ? one.startsWith(site) : one === site)))
    .sort((a, b) => a.states - b.states)
    .map(({ states: _, visited: __, ...place }) => place)
}

function explore(job: MutantJob): Promise<MutantReport> {
  const worker = new Worker(new URL('mutant-worker.js', import.meta.url), { workerData: job })
  let where = ''
  return new Promise<MutantReport>((resolve) => {
    const settle = (report: MutantReport) => {
      clearTimeout(timer)
      resolve(report)
    }
    const timer = setTimeout(() => settle({ verdict: 'FAIL', by: 'it never ends', where }), SILENT_MS)
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
