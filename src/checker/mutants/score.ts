import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Check } from '../check.ts'
import { exploreProgram, LIMITS } from '../explore.ts'
import { writeTraced } from '../tracing/write-traced.ts'
import type { MutantJob, MutantReport } from './mutant-worker.ts'
import { type Mutation, mutate, mutationsOf } from './mutations.ts'

export type Scored = Mutation & { readonly report: MutantReport }

const DIST = fileURLToPath(new URL('../..', import.meta.url))
/** A mutant that comes to no answer by then goes round somewhere without taking a step. */
const TIMEOUT_MS = 60_000

/** The steps of a variant's protocol that can be left out: those that are taken in one of the configurations. */
export function mutationsIn(check: Check, variant: string, configurations: readonly string[]): Mutation[] {
  const limits = { ...LIMITS, patience: check.patience }
  const visited = configurations.flatMap((one) => [...exploreProgram(check.program(variant, one), limits).visited])
  const byFile = new Map<string, Set<string>>()
  for (const site of visited) {
    const file = site.split(' ')[1]?.split(':')[0]
    if (file?.startsWith('protocols/')) byFile.set(file, (byFile.get(file) ?? new Set()).add(site))
  }
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, sites]) => mutationsOf(file, readFileSync(join(DIST, file), 'utf8'), sites))
}

/** Leaves one step out at a time, and asks whether anybody notices. */
export async function scoreMutants(
  mutations: readonly Mutation[],
  job: Omit<MutantJob, 'checks'>,
  threads: number,
  signal: AbortSignal,
  onProgress: (done: number, mutation: Mutation) => void,
): Promise<Scored[]> {
  const scored: Scored[] = new Array(mutations.length)
  let next = 0
  let done = 0
  const work = async () => {
    while (next < mutations.length && !signal.aborted) {
      const index = next
      next += 1
      const mutation = mutations[index]!
      onProgress(done, mutation)
      scored[index] = { ...mutation, report: await tryOut(mutation, job) }
      done += 1
    }
  }
  await Promise.all(Array.from({ length: threads }, work))
  return scored.filter((one) => one !== undefined)
}

async function tryOut(mutation: Mutation, job: Omit<MutantJob, 'checks'>): Promise<MutantReport> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-mutant-'))
  try {
    writeTraced(DIST, folder, (name, text) => (name === mutation.file ? mutate(text, mutation) : text))
    const checks = pathToFileURL(join(folder, 'checker', 'checks', 'all.js')).href
    return await explore({ ...job, checks })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function explore(job: MutantJob): Promise<MutantReport> {
  const worker = new Worker(new URL('mutant-worker.js', import.meta.url), { workerData: job })
  return new Promise<MutantReport>((resolve) => {
    const timer = setTimeout(
      () => resolve({ verdict: 'FAIL', by: 'it never comes to an end', configuration: '' }),
      TIMEOUT_MS,
    )
    const settle = (report: MutantReport) => {
      clearTimeout(timer)
      resolve(report)
    }
    worker.once('message', settle)
    worker.once('error', (error) =>
      settle({ verdict: 'FAIL', by: `it fails: ${error.message.slice(0, 60)}`, configuration: '' }),
    )
  }).finally(() => worker.terminate())
}
