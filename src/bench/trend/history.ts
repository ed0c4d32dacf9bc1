import { FaultlineError } from '../../errors/faultline-error.ts'
import { noText } from '../../errors/file-content.ts'
import { inheritedName } from '../inherited.ts'
import type { Host, ModelInfo, Result, Run } from '../result.ts'
import { tamed } from '../visible.ts'

export const HISTORY = 'faultline.history'
const VERSION = 1

/** A line of a history: the medians of a result, and their origin. */
export type Entry = {
  readonly schema: typeof HISTORY
  readonly version: typeof VERSION
  readonly id: string
  readonly createdAt: string
  readonly git: string | null
  readonly dirty: boolean | null
  /** Null in an entry of a CSV without the columns of a host. */
  readonly host: Pick<Host, 'cpu' | 'cores' | 'node'> | null
  readonly runs: readonly PastRun[]
}

export type PastRun = Pick<Run, 'scenario' | 'variant' | 'params' | 'definition'> & {
  /** Null in an entry of a CSV that does not say so. */
  readonly machine: Run['machine'] | null
  readonly kind: Run['kind'] | null
  /** For a modelled run, hashes of its machine and of the code that computes with it. */
  readonly model?: Pick<ModelInfo, 'profileHash' | 'engineHash'>
  readonly metrics: Readonly<
    Record<string, Pick<Run['metrics'][string], 'unit' | 'better' | 'assume' | 'n' | 'median'>>
  >
}

/** The part of a result that is kept: the head of a comparison of revisions, without failed runs. */
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

/** The entries of a history, and the numbers of its damaged lines, counted from 1. */
export type History = { readonly entries: readonly Entry[]; readonly damaged: readonly number[] }

/** Reads the lines of a history. Damaged ones are left out and named; where no other is there, it is no history. */
export function readEntries(text: string, file: string): History {
  const entries: Entry[] = []
  const damaged: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const entry = parse(line)
    if (entry === undefined) damaged.push(index + 1)
    else entries.push(entry)
  }
  if (entries.length > 0 || damaged.length === 0) return { entries, damaged }
  const what = noText(text, 'a history')
  const says = what === undefined ? `${file}: line ${damaged[0]} is not an entry of a history` : `${file} ${what}`
  throw new FaultlineError('DAMAGED_HISTORY', 'usage', says, {
    hint: 'No other line is one either; `faultline trend FILE --append RESULT` writes them.',
  })
}

function parse(line: string): Entry | undefined {
  try {
    const value = JSON.parse(line)
    const isEntry = value?.schema === HISTORY && value.version === VERSION && isSaidOf(value)
    const isWhole =
      isEntry && inheritedName(value) === undefined && Array.isArray(value.runs) && value.runs.every(isRun)
    return isWhole ? tamed(value) : undefined
  } catch {
    return undefined
  }
}

/** Whether the entry names the tree, the host and the time of its figures. */
const isSaidOf = ({ id, createdAt, git, host }: Partial<Entry>) =>
  typeof id === 'string' &&
  !Number.isNaN(Date.parse(String(createdAt))) &&
  (git === null || typeof git === 'string') &&
  typeof host?.cpu === 'string' &&
  typeof host.cores === 'number' &&
  typeof host.node === 'string'

const isRun = (run: PastRun) =>
  typeof run?.scenario === 'string' &&
  typeof run.variant === 'string' &&
  typeof run.machine === 'string' &&
  isObject(run.params) &&
  isObject(run.metrics) &&
  Object.values(run.metrics).every((metric) => Number.isFinite(metric?.median))

const isObject = (value: unknown) => typeof value === 'object' && value !== null
