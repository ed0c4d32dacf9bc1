import type { Result, Run } from '../result.ts'

/** A result, and what to call it. */
export type Source = { readonly name: string; readonly result: Result }

export type Cell = { readonly source: Source; readonly run: Run }

/** Runs that differ only in the property that the columns show. */
export type Line = {
  readonly key: Readonly<Record<string, string | number>>
  /** One a column; undefined where a column has no such run. */
  readonly cells: readonly (Cell | undefined)[]
}

export type Layout = {
  readonly by: string
  readonly columns: readonly string[]
  readonly lines: readonly Line[]
}

export const BY_FILE = 'file'
export const BY_REVISION = 'revision'

/** The duration of trials is reported as a difference; it does not make the run a different question. */
const CIRCUMSTANCES = ['duration', 'warmup']

/** What a run that does not say it has: runs that say it are the same. */
export const UNSAID: Readonly<Record<string, string>> = { words: 'atomics' }
const isUnsaid = (name: string, value: string | number) => UNSAID[name] === value

/** The identity of a run: its names and its parameters, which become a table's rows and columns. */
export function identityOf({ scenario, machine, kind, variant, revision, params }: Run): Line['key'] {
  const load = Object.entries(params).filter(([name, value]) => !CIRCUMSTANCES.includes(name) && !isUnsaid(name, value))
  const of = revision === undefined ? {} : { revision: revision.name }
  return { scenario, machine, kind, variant, ...of, ...Object.fromEntries(load) }
}

/**
 * Puts matching runs into one line, and their difference into columns: the files, or the values of `by`. Measured and
 * modelled runs never share a line.
 */
export function layOut(sources: readonly Source[], by: string): Layout {
  const isFileNamed = sources.length > 1 && !isByFile(sources, by)
  const placed = sources.flatMap((source) =>
    source.result.runs.map((run) => ({ source, run, ...placeOf(source, run, by, isFileNamed) })),
  )
  const columns = by === BY_FILE ? sources.map(({ name }) => name) : [...new Set(placed.map(({ column }) => column))]
  const lines: { key: Line['key']; cells: (Cell | undefined)[] }[] = []
  const byKey = new Map<string, typeof lines>()
  for (const { source, run, key, column } of placed) {
    const at = by === BY_FILE ? sources.indexOf(source) : columns.indexOf(column)
    // A plan may ask the same twice: the second time is a separate line.
    const alike = linesOf(byKey, by === BY_REVISION ? '' : textOf(key))
    const free = alike.find((line) => isSame(line.key, key, by) && line.cells[at] === undefined)
    const line = free ?? { key, cells: new Array<Cell | undefined>(columns.length).fill(undefined) }
    if (free === undefined) {
      lines.push(line)
      alike.push(line)
    }
    line.cells[at] = { source, run }
  }
  return { by, columns, lines }
}

/** Independent of the order of its names. */
const textOf = (key: Line['key']) => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)))

function linesOf<T>(byKey: Map<string, T[]>, key: string): T[] {
  const lines = byKey.get(key) ?? []
  byKey.set(key, lines)
  return lines
}

/** Whether the files are the columns under another name: each has one value of the property, and none that of another. */
function isByFile(sources: readonly Source[], by: string): boolean {
  const values = sources.map(({ result }) => [...new Set(result.runs.map((run) => columnOf(run, by)))])
  return values.every(({ length }) => length === 1) && new Set(values.flat()).size === sources.length
}

const columnOf = (run: Run, by: string) => String(identityOf(run)[by] ?? run.params[by] ?? UNSAID[by] ?? '-')

function placeOf(source: Source, run: Run, by: string, isFileNamed: boolean) {
  const identity = identityOf(run)
  if (by === BY_FILE) return { key: identity, column: source.name }
  const { [by]: _, ...key } = identity
  const value = columnOf(run, by)
  // Properties that follow from the value of a column are not part of the line's name.
  return { key: isFileNamed ? { [BY_FILE]: source.name, ...key } : key, column: value }
}

/** A parameter that only one revision of the code knows has its default in the other. */
function isSame(a: Line['key'], b: Line['key'], by: string): boolean {
  const names = Object.keys(a)
  if (by === BY_REVISION) return names.every((name) => b[name] === undefined || a[name] === b[name])
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
