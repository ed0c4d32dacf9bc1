import { holm } from '../significance/holm.ts'
import { type Interval, median, medianInterval } from '../statistics.ts'
import { type Difference, differencesOf } from './differences.ts'
import { type Cell, type Layout, type Line, layOut, type Source } from './layout.ts'
import { notesOf } from './notes.ts'
import { commonMetrics, type Samples, samplesOf } from './samples.ts'
import { isEqual, type Tested, test } from './verdict.ts'

export type CompareOptions = {
  /** What the columns stand for: `file`, `variant`, `revision`, or a parameter. */
  readonly by: string
  readonly alpha: number
  /** Compare in spite of hidden differences. */
  readonly force: boolean
  /** Only these metrics; none: those that have a direction, and whatever exact figure changed. */
  readonly metrics: readonly string[]
}

export type Figure = { readonly n: number; readonly median: number; readonly ci95: Interval }

/** `=` and `~` are not the same: one says that nothing changed, the other that nothing is known. */
export type Verdict = 'equal' | 'better' | 'worse' | 'changed' | 'unresolved'

/** One metric of one line in one column, against the first column. */
export type Change = {
  readonly line: Line['key']
  readonly column: number
  readonly metric: string
  readonly unit: string
  readonly better: 'higher' | 'lower' | null
  readonly base: Figure
  readonly head: Figure
  readonly test: Tested
  /** By Holm, over all measured figures of the comparison. */
  readonly adjusted: number | null
  readonly verdict: Verdict
  /** The ratio lies where the baseline's ratio to itself lay. */
  readonly isInsideNoise: boolean
  readonly notes: readonly string[]
}

export type Skipped = { readonly line: Line['key']; readonly column: number; readonly why: string }

export type Comparison = {
  readonly by: string
  readonly columns: readonly string[]
  readonly alpha: number
  /** Measured figures that were tested: what Holm's correction is for. */
  readonly tests: number
  /** Said before any figure. */
  readonly differences: readonly (Difference & { readonly columns: readonly [string, string] })[]
  readonly changes: readonly Change[]
  readonly skipped: readonly Skipped[]
}

type Met = { readonly line: Line; readonly column: number; readonly base: Cell; readonly head: Cell }

/** Compares every column with the first. */
export function compare(sources: readonly Source[], options: CompareOptions): Comparison {
  const layout = layOut(sources, options.by)
  const { met, skipped } = meetings(layout)
  const judged = met.map((pair) => ({ pair, differences: differencesOf(pair.base, pair.head) }))
  const isBlocked = (differences: readonly Difference[]) =>
    !options.force && differences.some(({ isBlocking }) => isBlocking)
  const compared = judged.filter(({ differences }) => !isBlocked(differences)).map(({ pair }) => pair)
  const blocked = judged.filter(({ differences }) => isBlocked(differences))
  const samples = compared.flatMap((pair) => figuresOf(pair, options.metrics).map((of) => ({ pair, of })))
  const tests = samples.filter(({ of }) => !of.isExact).length
  const tested = samples.map(({ pair, of }) => ({ pair, of, result: test(of, options.alpha, Math.max(1, tests)) }))
  const adjusted = adjust(tested.map(({ result }) => result.p))
  return {
    by: layout.by,
    columns: layout.columns,
    alpha: options.alpha,
    tests,
    differences: distinct(layout, judged),
    changes: tested.map(({ pair, of, result }, index) =>
      changeOf(pair, of, result, adjusted[index] ?? null, options.alpha),
    ),
    skipped: [
      ...skipped,
      ...blocked.map(({ pair }) => ({ line: pair.line.key, column: pair.column, why: 'hidden differences' })),
    ],
  }
}

function meetings(layout: Layout): { met: Met[]; skipped: Skipped[] } {
  const met: Met[] = []
  const skipped: Skipped[] = []
  for (const line of layout.lines) {
    const [base, ...others] = line.cells
    for (const [index, head] of others.entries()) {
      const column = index + 1
      if (base !== undefined && head !== undefined) met.push({ line, column, base, head })
      else if (base !== undefined) skipped.push({ line: line.key, column, why: missing(layout, line, column) })
      else if (head !== undefined) skipped.push({ line: line.key, column, why: missing(layout, line, 0) })
    }
  }
  return { met, skipped }
}

/** Names what the run that comes nearest has otherwise: usually a flag that was forgotten. */
function missing({ columns, lines }: Layout, { key }: Line, column: number): string {
  const there = lines.filter((line) => line.cells[column] !== undefined && line.key.scenario === key.scenario)
  const apart = there
    .map((line) => Object.keys({ ...key, ...line.key }).filter((name) => key[name] !== line.key[name]))
    .map((names, index) => ({ names, key: there[index]!.key }))
    .sort((a, b) => a.names.length - b.names.length)[0]
  if (apart === undefined || apart.names.length > 4) return `not in ${columns[column]}`
  return `not in ${columns[column]}: there ${apart.names.map((name) => `${name} is ${apart.key[name] ?? 'not set'}`).join(', ')}`
}

/** Whatever changed exactly is a change, whether or not anybody knows which way is better. */
function figuresOf({ base, head }: Met, wanted: readonly string[]): Samples[] {
  const common = commonMetrics(base.run, head.run)
  const names = wanted.length === 0 ? common : common.filter((name) => wanted.includes(name))
  return names
    .map((name) => samplesOf(base, head, name))
    .filter((of) => wanted.length > 0 || of.kind.better !== null || (of.isExact && !isEqual(of)))
}

/** Holm's correction over those that were tested. */
function adjust(ps: readonly (number | null)[]): (number | null)[] {
  const adjusted = holm(ps.filter((p) => p !== null)).values()
  return ps.map((p) => (p === null ? null : adjusted.next().value!))
}

function changeOf(pair: Met, of: Samples, result: Tested, adjusted: number | null, alpha: number): Change {
  const { ratio } = result
  const isInsideNoise = ratio !== null && of.noise.some(([low, high]) => low <= ratio && ratio <= high)
  const isResolved = of.isExact ? !isEqual(of) : adjusted !== null && adjusted < alpha && !isInsideNoise
  const [base, head] = [figureOf(of.base), figureOf(of.head)]
  return {
    line: pair.line.key,
    column: pair.column,
    metric: of.metric,
    unit: of.kind.unit,
    better: of.kind.better,
    base,
    head,
    test: result,
    adjusted,
    verdict: isResolved
      ? direction(ratio ?? head.median - base.median + 1, of.kind.better)
      : of.isExact
        ? 'equal'
        : 'unresolved',
    isInsideNoise,
    notes: of.isExact ? [] : [...notesOf(of.base).map((note) => `base: ${note}`), ...notesOf(of.head)],
  }
}

const figureOf = (values: readonly number[]): Figure => ({
  n: values.length,
  median: median(values),
  ci95: medianInterval(values),
})

function direction(ratio: number, better: Change['better']): Verdict {
  if (better === null || ratio === 1) return 'changed'
  return ratio > 1 === (better === 'higher') ? 'better' : 'worse'
}

/** Each difference once, in the order of the lines. */
function distinct(
  { columns }: Layout,
  judged: readonly { pair: Met; differences: readonly Difference[] }[],
): Comparison['differences'] {
  const found = new Map<string, Comparison['differences'][number]>()
  for (const { pair, differences } of judged) {
    for (const difference of differences) {
      const between = [columns[0]!, columns[pair.column]!] as const
      found.set(`${between.join(' ')} ${difference.says}`, { ...difference, columns: between })
    }
  }
  return [...found.values()]
}
