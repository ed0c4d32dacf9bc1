import { type Difference, differencesOf } from './differences.ts'
import { familiesOf, isDecisive } from './families.ts'
import { type Change, judge } from './judge.ts'
import { BY_REVISION, type Layout, type Line, layOut, type Source, UNSAID } from './layout.ts'
import { type Met, type Missing, missingMetrics } from './missing.ts'
import { commonMetrics, type Samples, samplesOf } from './samples.ts'
import { isEqual } from './verdict.ts'

export type { Change, Figure, Verdict } from './judge.ts'

export type CompareOptions = {
  /** The meaning of the columns: `file`, `variant`, `revision`, or a parameter. */
  readonly by: string
  readonly alpha: number
  /** Compare although settings differ that the table does not show. */
  readonly force: boolean
  /** Only these metrics; if empty, those that have a direction, and every exact figure that changed. */
  readonly metrics: readonly string[]
}

export type Doubted = { readonly column: string; readonly variant: string; readonly warnings: readonly string[] }
export type Skipped = { readonly line: Line['key']; readonly column: number; readonly why: string }

export type Comparison = {
  readonly by: string
  readonly columns: readonly string[]
  readonly alpha: number
  /** Measured figures of the family that decides: what Holm's correction is for. */
  readonly tests: number
  /** The other tested figures, in a separate family. */
  readonly exploratory: number
  /** Said before any figure. */
  readonly differences: readonly (Difference & { readonly columns: readonly [string, string] })[]
  readonly changes: readonly Change[]
  /** Doubts about the figures of the runs that were compared, as their results hold them. */
  readonly doubts: readonly Doubted[]
  /** Runs and metrics that are on one side only. */
  readonly missing: readonly Missing[]
  readonly skipped: readonly Skipped[]
}

/** Compares every column with the first. */
export function compare(sources: readonly Source[], wanted: CompareOptions): Comparison {
  const options = { ...wanted, alpha: wanted.alpha * shareOfLastLook(sources, wanted.by) }
  const layout = layOut(sources, options.by)
  const { met, skipped, lost } = pairsOf(layout)
  const judged = met.map((pair) => ({ pair, differences: differencesOf(pair.base, pair.head) }))
  const isBlocked = (differences: readonly Difference[]) =>
    !options.force && differences.some(({ isBlocking }) => isBlocking)
  const compared = judged.filter(({ differences }) => !isBlocked(differences)).map(({ pair }) => pair)
  const blocked = judged.filter(({ differences }) => isBlocked(differences))
  const asked = compared.flatMap((pair) =>
    figuresOf(pair, options.metrics).map((of) => ({ scenario: String(pair.line.key.scenario), pair, of })),
  )
  const families = familiesOf(asked, (one) => options.metrics.length > 0 || isDecisive(one), options.alpha)
  return {
    by: layout.by,
    columns: layout.columns,
    alpha: options.alpha,
    tests: families.sizes.primary,
    exploratory: families.sizes.exploratory,
    differences: distinct(layout, judged),
    changes: judge(families, options.alpha),
    doubts: doubtsOf(layout, compared),
    missing: [...lost, ...compared.flatMap((pair) => missingMetrics(pair, options.metrics))],
    skipped: [
      ...skipped,
      ...blocked.map(({ pair }) => ({ line: pair.line.key, column: pair.column, why: 'hidden differences' })),
    ],
  }
}

/** Lists each run once, in whatever comparisons it occurs. */
function doubtsOf({ columns }: Layout, compared: readonly Met[]): Doubted[] {
  const runs = new Map(
    compared.flatMap(({ base, head, column }) => [
      [base.run, columns[0]!] as const,
      [head.run, columns[column]!] as const,
    ]),
  )
  return [...runs].map(([{ variant, warnings }, column]) => ({ column, variant, warnings }))
}

/** Revisions that were looked at while they were measured have spent a part of alpha before the last look. */
function shareOfLastLook(sources: readonly Source[], by: string): number {
  const sequential = sources.length === 1 && by === BY_REVISION ? sources[0]!.result.sequential : undefined
  const last = sequential?.looks.at(-1)
  return sequential === undefined || last === undefined ? 1 : last.alpha / sequential.alpha
}

function pairsOf(layout: Layout): { met: Met[]; skipped: Skipped[]; lost: Missing[] } {
  const met: Met[] = []
  const skipped: Skipped[] = []
  const lost: Missing[] = []
  for (const line of layout.lines) {
    const [base, ...others] = line.cells
    for (const [index, head] of others.entries()) {
      const column = index + 1
      if (base !== undefined && head !== undefined) met.push({ line, column, base, head })
      else if (base !== undefined || head !== undefined) {
        const [is, from] = base === undefined ? (['new', 0] as const) : (['gone', column] as const)
        skipped.push({ line: line.key, column, why: reasonMissing(layout, line, from) })
        lost.push({
          line: line.key,
          column,
          metric: null,
          is,
          isIn: from === 0 ? 'head' : 'base',
          median: null,
          unit: '',
        })
      }
    }
  }
  return { met, skipped, lost }
}

/** Names the differences of the most similar run: usually a forgotten flag. */
function reasonMissing({ columns, lines }: Layout, { key }: Line, column: number): string {
  const there = lines.filter((line) => line.cells[column] !== undefined && line.key.scenario === key.scenario)
  const apart = there
    .map((line) => Object.keys({ ...key, ...line.key }).filter((name) => key[name] !== line.key[name]))
    .map((names, index) => ({ names, key: there[index]!.key }))
    .sort((a, b) => a.names.length - b.names.length)[0]
  if (apart === undefined || apart.names.length > 4) return `not in ${columns[column]}`
  return `not in ${columns[column]}: there ${apart.names.map((name) => `${name} is ${apart.key[name] ?? UNSAID[name] ?? 'not set'}`).join(', ')}`
}

/** An exact figure that changed is a change, whether or not it is known which way is better. */
function figuresOf({ base, head }: Met, wanted: readonly string[]): Samples[] {
  const common = commonMetrics(base.run, head.run)
  const names = wanted.length === 0 ? common : common.filter((name) => wanted.includes(name))
  return names
    .map((name) => samplesOf(base, head, name))
    .filter((of) => wanted.length > 0 || of.kind.better !== null || (of.isExact && !isEqual(of)))
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
