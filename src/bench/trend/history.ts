import { FaultlineError } from '../error.ts'
import type { Host, ModelInfo, Result, Run } from '../result.ts'

export const HISTORY = 'faultline.history'
const VERSION = 1

/** A line of a history: the medians of a result, and what they are of. */
export type Entry = {
  readonly schema: typeof HISTORY
  readonly version: typeof VERSION
  readonly id: string
  readonly createdAt: string
  readonly git: string | null
  readonly dirty: boolean | null
  readonly host: Pick<Host, 'cpu' | 'cores' | 'node'>
  readonly runs: readonly PastRun[]
}

export type PastRun = Pick<Run, 'scenario' | 'variant' | 'machine' | 'kind' | 'params' | 'definition'> & {
  /** Of a modelled run: hashes of its machine and of the code that computes with it. */
  readonly model?: Pick<ModelInfo, 'profileHash' | 'engineHash'>
  readonly metrics: Readonly<
    Record<string, Pick<Run['metrics'][string], 'unit' | 'better' | 'assume' | 'n' | 'median'>>
  >
}

/** What is kept of a result. Of a comparison of revisions that is the head; a run that failed is no part of a trend. */
export function entryOf({ id, createdAt, source, host, runs }: Result): Entry {
  return {
    schema: HISTORY,
    version: VERSION,
    id,
    createdAt,
    git: source.git,
    dirty: source.dirty,
    host: { cpu: host.cpu, cores: host.cores, node: host.node },
    runs: runs.filter(({ error, revision }) => error === null && revision?.side !== 'base').map(pastOf),
  }
}

function pastOf({ scenario, variant, machine, kind, params, definition, metrics, model }: Run): PastRun {
  const kept = Object.entries(metrics).map(([name, { unit, better, assume, n, median }]) => {
    return [name, { unit, better, assume, n, median }] as const
  })
  const hashes = model && { profileHash: model.profileHash, engineHash: model.engineHash }
  return {
    scenario,
    variant,
    machine,
    kind,
    params,
    definition,
    ...(hashes === undefined ? {} : { model: hashes }),
    metrics: Object.fromEntries(kept),
  }
}

/** Reads the lines of a history. One that is damaged is named, never skipped: a gap would look like a change. */
export function readEntries(text: string, file: string): Entry[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const entry = parse(line)
    if (entry !== undefined) return [entry]
    throw new FaultlineError('DAMAGED_HISTORY', 'usage', `${file}: line ${index + 1} is not an entry of a history`, {
      hint: 'Take the line out; `faultline trend FILE --append RESULT` writes them.',
    })
  })
}

function parse(line: string): Entry | undefined {
  try {
    const value = JSON.parse(line)
    const isEntry = value?.schema === HISTORY && value.version === VERSION && Array.isArray(value.runs)
    return isEntry && value.runs.every(isRun) ? value : undefined
  } catch {
    return undefined
  }
}

const isRun = (run: PastRun) =>
  typeof run?.scenario === 'string' &&
  typeof run.params === 'object' &&
  typeof run.metrics === 'object' &&
  Object.values(run.metrics).every((metric) => typeof metric?.median === 'number')
